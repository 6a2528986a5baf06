#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Prints a small cluster as records for `muster load`, one JSON line each: 80
# machines in 8 racks, 2 devices a machine, and the links of a tree. Invented,
# and the same at every run.
#
#   docs/examples/sample_records.sh > sample.jsonl

set -euo pipefail

awk 'BEGIN {
  for (rack = 1; rack <= 8; ++rack) {
    printf "{\"key\":\"/topology/links/core~rack%d\",\"value\":", rack
    printf "{\"bits_per_second\":100000000000}}\n"
    for (i = 1; i <= 10; ++i)
      machine(sprintf("node-%d-%d", rack, i), rack, i)
  }
}

function machine(name, rack, i,    cores) {
  cores = i % 3 == 0 ? 64 : 32
  printf "{\"key\":\"/machines/%s\",\"value\":{\"rack\":\"rack%d\",", name, rack
  printf "\"cores\":%d,\"memory_bytes\":%.0f,", cores, cores * 4 * 2 ^ 30
  printf "\"gpus\":%d,\"nic_bits_per_second\":25000000000}}\n", \
    i % 5 == 0 ? 4 : 0
  device(name, "nvme0", "ssd", 1.6e12, 80000)
  device(name, "sda", "hdd", 8e12, 5000000)
  printf "{\"key\":\"/topology/links/rack%d~%s\",\"value\":", rack, name
  printf "{\"bits_per_second\":25000000000}}\n"
}

function device(name, id, kind, capacity, latency) {
  printf "{\"key\":\"/machines/%s/devices/%s\",\"value\":", name, id
  printf "{\"kind\":\"%s\",\"capacity_bytes\":%.0f,", kind, capacity
  printf "\"latency_ns\":%d}}\n", latency
}'
