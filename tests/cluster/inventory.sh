#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What machines publish of themselves, with real processes: this host's facts
# with measured latency, no disk twice; a restart changes nothing; a capacity
# that is changed moves the counter by the difference, whatever is reserved.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh
export MUSTER_PRESENCE_TTL=10s
export MUSTER_INVENTORY=true

number() { muster get "$1" 2> "$work/get-err"; }

published() { # <machine...>
  local id
  for id in "$@"; do
    number "/machines/$id/free/devices/data" > "$work/there" || return 1
    number "/machines/$id/alive" > "$work/there" || return 1
  done
}

# versions MACHINE...: of facts, devices and counters, one a line.
versions() {
  local id
  for id in "$@"; do
    muster ls "/machines/$id" -o json | sed -E 's/\},\{/},\n{/g' \
      | grep -vE '"key":"/machines/[^/]+/(load|alive)"' \
      | sed -E 's/.*"key":"([^"]*)".*"version":([0-9]+).*/\1 \2/'
  done
}

has_load() { number "/machines/$1/load" | grep -q '"load_permille":'; }

is_number() { [[ $(number "$1") == "$2" ]]; }

# measured MACHINE: the median of its device's reads, in ns.
measured() { number "/machines/$1/devices/data" | field latency_ns; }

step 'five machines publish what this host has'
expect 0 muster up --machines 5 --shards 8 --detach
eventually 60 published m1 m2 m3 m4 m5
for id in m1 m2 m3 m4 m5; do
  number "/machines/$id" > "$work/facts"
  [[ $(field cores < "$work/facts") == "$(nproc)" ]] \
    || fail "$id: $(< "$work/facts")"
  (($(field memory_bytes < "$work/facts") > 1000000)) || fail "$id: memory"
  [[ $(measured "$id") -gt 0 ]] || fail "$id: latency was not measured"
done
free_bytes=$(df --output=avail -B1 "$dir" | tail -n 1)

step 'no disk twice: all of their devices together are a part of what is free'
sum=0
for id in m1 m2 m3 m4 m5; do
  part=$(number "/machines/$id/free/devices/data")
  number "/machines/$id/devices/data" > "$work/device"
  [[ $(field path < "$work/device") == "$dir/$id/devices/data" ]] \
    || fail "$(< "$work/device")"
  [[ $(field capacity_bytes < "$work/device") == "$part" ]] \
    || fail "$id: $part free of $(< "$work/device")"
  ((part > 0)) || fail "$id: no capacity"
  sum=$((sum + part))
done
((sum < free_bytes * 6 / 10)) || fail "$sum of $free_bytes"
expect 0 muster device list -o json
(($(grep -oF '"device":' "$work/stdout" | wc -l) == 5)) \
  || fail "not five devices: $(< "$work/stdout")"

step 'people and programs see them'
expect 0 muster machine list
said 'm5       started'
expect 0 muster machine show m2
said "$dir/m2/devices/data"
expect 0 muster put /machines/dahu-1 '{"cores":32}'
expect 0 muster machine list
said 'dahu-1   loaded   32'
http 200 "http://127.0.0.1:$(port_of m3 http_port)/v1/inventory/machines/m2"
said '"alive":true'
expect 3 muster machine show m9

step 'the load comes by itself'
for id in m1 m5; do eventually 20 has_load "$id"; done

# settled COUNT MACHINE...: each has done so for the COUNTth time.
settled() {
  local id count=$1
  for id in "${@:2}"; do
    (($(grep -c 'inventory.*up to date' "$dir/$id/log") >= count)) || return 1
  done
}

# restart COUNT [NAME=VALUE]: with that in the environment.
restart() {
  expect 0 muster down
  expect 0 env "${@:2}" timeout 180 "$bin/muster" --dir "$dir" up --detach
  eventually 60 settled "$1" m1 m2 m3 m4 m5
}

# reserve KEY AMOUNT: as a reservation does.
reserve() {
  printf '{"operations":[{"add":{"key":"%s","delta":-%s,"floor":0}}]}' \
    "$1" "$2" > "$work/reserve.json"
  expect 0 muster txn "$work/reserve.json"
}

step 'a restart changes nothing'
cores=/machines/m2/free/cores
disk=/machines/m2/free/devices/data
had_cores=$(number "$cores")
had_disk=$(number "$disk")
reserve "$cores" 500
reserve "$disk" 4096
for id in m1 m2 m3 m4 m5; do measured "$id"; done > "$work/times"
versions m1 m2 m3 m4 m5 > "$work/before"
(($(wc -l < "$work/before") >= 25)) || fail "$(< "$work/before")"
restart 2
versions m1 m2 m3 m4 m5 > "$work/after"
# A device is published anew if its times have doubled, or are half as long.
for id in m1 m2 m3 m4 m5; do
  measured "$id"
done | diff "$work/times" - > "$work/moved" || true
if [[ -s $work/moved ]]; then
  sed -i '\|/devices/data |{\|/free/|!d}' "$work/before" "$work/after"
fi
diff "$work/before" "$work/after" || fail 'other versions'

step 'another capacity moves the counter by the difference'
more=$((had_cores + 3000))
restart 3 "MUSTER_INVENTORY_CORES_PERMILLE=$more"
is_number "$cores" $((more - 500)) || fail "$(number "$cores")"
is_number /machines/m1/free/cores "$more" || fail 'm1'
is_number "$disk" $((had_disk - 4096)) || fail "$(number "$disk")"

step 'a device that has gone keeps what is reserved of it'
restart 4 MUSTER_INVENTORY_EXCLUDED=data
is_number "$disk" -4096 || fail "$(number "$disk")"
is_number "$cores" $((had_cores - 500)) || fail "$(number "$cores")"
expect 0 muster device list
said 'm2       data    gone'
[[ -z $(find "$dir/m2/devices/data" -type f) ]] || fail 'files are left'

step 'and comes back with it'
restart 5
is_number "$disk" $((had_disk - 4096)) || fail "$(number "$disk")"
expect 0 muster down
echo 'passed'
