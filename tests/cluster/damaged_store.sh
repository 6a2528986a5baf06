#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A store that was damaged while its machine was down is set aside at the start,
# which the log says; the machine rejoins with a new one, and nothing is lost.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

gone() {
  ! grep -qsF -- "$dir/m3/machine.toml" /proc/[0-9]*/cmdline
}

# reads MACHINE KEY VALUE
reads() {
  [[ $(muster get "$2" -m "$1" --timeout 2s 2> /dev/null) == "$3" ]]
}

# in_sync: every shard has three replicas again.
in_sync() {
  ! muster status -o json | grep -oE '"backups":\[[^]]*\]' \
    | grep -qvE '"m[1-3]","m[1-3]"'
}

# Overwrites 64 bytes in the middle of each of the store's files with data.
damage() {
  local file size
  for file in "$dir"/m3/data/store/*.{log,ldb}; do
    [[ -s $file ]] || continue
    size=$(stat -c %s "$file")
    head -c 64 /dev/urandom \
      | dd of="$file" bs=1 seek=$((size / 2)) conv=notrunc status=none
  done
}

step 'three machines with records'
expect 0 muster up --machines 3 --shards 8 --detach
for n in {1..16}; do
  expect 0 muster put "/s$n/x" "$(printf "value $n%.0s" {1..40})"
done

step 'the store of m3 is damaged while it is down'
kill "$(pid_of m3)"
eventually 20 gone
damage

step 'm3 starts, sets it aside, and rejoins'
"$bin/musterd" --config "$dir/m3/machine.toml" > "$work/m3-log" 2>&1 &
up=$!
eventually 60 grep -q 'store_set_aside to=.*store.damaged-1' "$work/m3-log"
[[ -f $dir/m3/data/store.damaged-1/CURRENT ]] || fail 'the old store is gone'
eventually 60 in_sync
for n in {1..16}; do
  eventually 60 reads m3 "/s$n/x" "$(printf "value $n%.0s" {1..40})"
done
muster doctor > "$work/stdout" || true
grep -q 'store m3.*set aside as .*store.damaged-1' "$work/stdout" \
  || fail "the doctor did not say it: $(< "$work/stdout")"

kill "$up"
wait "$up" || true
echo 'it rejoined with a new store'
