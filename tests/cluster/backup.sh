#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `muster backup create` under load, and its records in another cluster.

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

echo 'passed'
