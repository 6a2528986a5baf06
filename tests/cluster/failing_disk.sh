#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The disk of one machine of three fails while others write. Without room on it
# writes are refused, reads go on, and all is well again when there is room. A
# failed sync ends the machine; its next start sets the store aside and rejoins
# by state transfer. No acknowledged write is lost.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/failing_disk.sh
source tests/failing_disk.sh

readonly store=$dir/m3/data/store

# write_on MACHINE: puts one key after the other into all shards, and notes each
# that was acknowledged, as the dump of `there_on` has it. Ends with the test.
write_on() {
  local i key
  for ((i = 1; ; ++i)); do
    [[ -d $work ]] || return 0
    key=/w$((i % 16))/$1-$i
    if muster put "$key" "$i" -m "$1" --timeout 5s > /dev/null 2>&1; then
      echo "$key $i" >> "$work/acknowledged-$1"
    fi
  done
}

acknowledged_count() { cat "$work"/acknowledged-* 2> /dev/null | wc -l; }

acknowledged_more_than() { (($(acknowledged_count) > $1)); }

# in_sync: m3 serves, and every shard has three replicas.
in_sync() {
  local state
  muster status -m m1 -o json > "$work/status" || return 1
  state=$(grep -oE '"id":"m3"[^}]*' "$work/status" | field state)
  [[ $state == serving ]] || return 1
  ! grep -oE '"backups":\[[^]]*\]' "$work/status" \
    | grep -qvE '"m[1-3]","m[1-3]"'
}

# lists MACHINE: all keys and values that it has, into $work/found.
lists() {
  dump -m "$1" 2> /dev/null \
    | sed -nE 's/.*"key":"([^"]*)".*"value":"([^"]*)".*/\1 \2/p' \
    | sort > "$work/found"
}

# there_on MACHINE: every write acknowledged before is.
there_on() {
  sort "$work"/acknowledged-* > "$work/acknowledged"
  eventually 60 lists "$1"
  comm -23 "$work/acknowledged" "$work/found" > "$work/lost"
  [[ ! -s $work/lost ]] || fail "lost on $1: $(head -n 3 "$work/lost")"
}

# all_well: full replication, and nothing is lost.
all_well() {
  local machine
  eventually 60 in_sync
  for machine in m1 m2 m3; do there_on "$machine"; done
  eventually 60 serves
}

serves() {
  muster status 2> /dev/null | grep -qF '8 of 8 shards served'
}

# has_key: sets `key` to one whose primary is m3.
has_key() {
  local n by
  for n in {0..15}; do
    key=/w$n/led
    by=$(muster get "$key" --confirmed -m m1 --timeout 2s -o json \
      2> /dev/null | field served_by) || true
    [[ $by != m3 ]] || return 0
  done
  return 1
}

# m3_leads: it has a key, after a move if need be.
m3_leads() {
  has_key && return
  muster shard move 0 --to m3 --timeout 10s > /dev/null 2>&1 && has_key
}

refused() {
  ! muster put "$key" new -m m1 --timeout 2s > "$work/refused" 2>&1 \
    && grep -qF 'the disk of m3 is full' "$work/refused"
}

accepted() { muster put "$key" "$1" -m m1 --timeout 2s > /dev/null 2>&1; }

reads() { [[ $(muster get "$key" -m m3 --timeout 2s 2> /dev/null) == "$1" ]]; }

step 'three machines with writers; the disk of m3 can fail'
expect 0 muster up --machines 3 --shards 8 --detach
for n in {0..15}; do
  expect 0 muster put "/w$n/led" first
done
stop_of_up m3
start_failing m3
eventually 60 in_sync
write_on m1 &
writers=("$!")
write_on m2 &
writers+=("$!")
eventually 60 acknowledged_more_than 20

for how in no_room full; do
  step "$how: writes are refused, reads go on"
  eventually 60 m3_leads
  started=$up
  disk "$how"
  eventually 60 refused
  reads first || fail 'm3 does not answer reads'
  count=$(acknowledged_count)
  eventually 60 acknowledged_more_than $((count + 20))
  in_log m3 'disk_full' || fail 'm3 did not say that its disk is full'
  [[ -e /proc/$started ]] || fail 'm3 ended'

  step "$how: it has room again, and all is well"
  disk well
  eventually 60 accepted first
  all_well
  in_log m3 'disk_has_room' || fail 'm3 did not say that there is room'
  [[ $up == "$started" && -e /proc/$up ]] || fail 'm3 ended'
done

step 'a stop without room: the store is as good as before'
eventually 60 m3_leads
disk no_room
eventually 60 refused
stop_failing
disk well
start_failing m3
all_well
! in_log m3 store_set_aside || fail 'a full disk gave the store up'

step 'a sync fails: m3 ends and says why, the others go on'
eventually 60 acknowledged_more_than $(($(acknowledged_count) + 20))
disk sync_fails
ends_with 1
in_log m3 'store_failed.*Input/output error' || fail 'm3 did not say why'
in_log m3 'musterd: the store has failed' || fail 'm3 did not say that it ends'
count=$(acknowledged_count)
eventually 60 acknowledged_more_than $((count + 20))

step 'its next start sets the store aside and rejoins'
disk well
start_failing m3
eventually 60 in_log m3 \
  'store_set_aside to=.*store.damaged-1 .*Input/output error.*state transfer'
[[ -f $store.damaged-1/CURRENT ]] || fail 'the old store is gone'
all_well
kill "${writers[@]}"
wait "${writers[@]}" || true
all_well
muster doctor > "$work/stdout" || true
grep -q 'store m3.*set aside as .*store.damaged-1: .*Input/output error' \
  "$work/stdout" || fail "the doctor did not say it: $(< "$work/stdout")"
stop_failing
echo "$(acknowledged_count) acknowledged writes, none lost"
