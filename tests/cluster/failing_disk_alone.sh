#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A sync fails on a machine that nobody else has the data of. It never serves an
# empty registry in its place, says how its owner gets the data back, and that
# works: alone with an embedded coordinator, and alone in etcd.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/failing_disk.sh
source tests/failing_disk.sh

readonly store=$dir/m1/data/store

# begin OPTION...: one machine with a record, on a disk that can fail.
begin() {
  expect 0 muster up --machines 1 --shards 4 --detach "$@"
  expect 0 muster put /a/b kept
  stop_of_up m1
  start_failing m1
  eventually 30 reads
}

reads() { [[ $(muster get /a/b --timeout 2s 2> /dev/null) == kept ]]; }

# fail_sync: of a write, whose outcome nobody knows.
fail_sync() {
  disk sync_fails
  ! muster put /a/c lost --timeout 2s > /dev/null 2>&1 \
    || fail 'a write was acknowledged that was not on the disk'
  ends_with 1
  disk well
}

unavailable() {
  local status=0
  muster get /a/b --timeout 1s > "$work/stdout" 2> "$work/stderr" || status=$?
  ((status == 5))
}

step 'embedded coordinator: the store fails'
begin
fail_sync
start_failing m1

step 'it does not start, and says what to do'
ends_with 1
in_log m1 "was given up: .*Input/output error" || fail 'it did not say why'
in_log m1 "remove $store/FAILED and start again" || fail 'nor what to do'
[[ -f $store/CURRENT && ! -e $store.damaged-1 ]] || fail 'it took the store'

step 'its owner trusts the store'
rm "$store/FAILED"
start_failing m1
eventually 30 reads
stop_failing

step 'etcd: the store fails and is set aside'
expect 0 muster down
rm -rf "$dir" "$work/m1-log"
begin --etcd 1
fail_sync
start_failing m1
eventually 30 in_log m1 "next=.*rename $store.damaged-1 back to $store, remove"

step 'its shards are unavailable, not empty'
eventually 30 unavailable
expect 5 muster put /a/b new --timeout 2s

step 'its owner puts the store back'
stop_failing
rm -r "$store"
mv "$store.damaged-1" "$store"
rm "$store/FAILED"
start_failing m1
eventually 60 reads
stop_failing
echo 'the data is back both times'
