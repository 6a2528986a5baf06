#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `muster backup create` under load, and its records in another cluster, also
# in the same one after its coordinator lost everything.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

records() { muster ls / -o json | grep -oE '"(key|value)":"[^"]*"'; }

step 'a registry with records'
docs/examples/sample_records.sh > "$work/sample.jsonl"
expect 0 muster up --machines 3 --shards 16 --detach
expect 0 muster load "$work/sample.jsonl"
records > "$work/before"

step 'a backup while others write, and a machine is paused'
(while muster put /busy/counter "$RANDOM"; do :; done) > /dev/null 2>&1 &
writer=$!
expect 0 muster backup create "$work/kept"
pause m2
expect 0 muster backup create "$work/kept-too" --timeout 30s
resume m2
kill "$writer"
wait "$writer" 2> /dev/null || true
expect 0 muster down

step 'into a new cluster'
dir=$work/other
expect 0 muster up --machines 3 --shards 32 --detach
expect 0 muster backup restore "$work/kept-too"
expect 4 muster backup restore "$work/kept"
expect 0 muster backup restore "$work/kept" --merge
expect 0 muster del /busy/counter
records > "$work/after"
cmp "$work/before" "$work/after" || fail 'the records are others'
expect 0 muster down

step 'the coordinator loses its data: the stores are not served by another'
rm -rf "$dir/etcd1/data"
expect 5 muster up --detach
said 'another coordinator'
said '--new-generation'
expect 0 muster down

step 'a new generation, from the backup'
expect 0 muster up --new-generation --detach
expect 0 muster backup restore "$work/kept"
expect 0 muster del /busy/counter
records > "$work/after"
cmp "$work/before" "$work/after" || fail 'the records are others'
[[ -d $dir/m1/data/store.generation-1 ]] || fail 'the old store is gone'
expect 0 muster down

step 'the coordinator comes back from an older copy: refused as well'
expect 0 muster up --detach
kill -STOP "$(pid_of etcd1)"
paused+=(etcd1)
cp -a "$dir/etcd1/data" "$work/older"
resume etcd1
# It changes after all machines have registered.
for _ in {1..5}; do
  expect 0 muster shard move 0 --to m2
  expect 0 muster shard move 0 --to m3
done
expect 0 muster down
rm -rf "$dir/etcd1/data"
cp -a "$work/older" "$dir/etcd1/data"
expect 5 muster up --detach
said 'restored from an older copy'
expect 0 muster down

echo 'passed'
