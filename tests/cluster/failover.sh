#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# kill -9 of a primary under load: writes go on within 4.5 s, none that was
# acknowledged is lost, reads of other shards do not notice. Then SIGSTOP of a
# primary for 10 s: nothing stale, nothing lost.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

readonly gap_max_milliseconds=4500
readonly key=/machines/counter

# write_on MACHINE: puts 1, 2, 3 ... and notes each one that was acknowledged.
write_on() {
  local i
  for ((i = 1; ; ++i)); do
    if muster put "$key" "$i" -m "$1" --timeout 20s > "$work/put-stdout" 2>&1
    then
      echo "$(milliseconds) $i" >> "$work/acknowledged"
    else
      cp "$work/put-stdout" "$work/put-failed"
    fi
  done
}

# read_on MACHINE KEY: reads again and again; a line for each that failed.
read_on() {
  while true; do
    muster get "$2" -m "$1" --timeout 1s > /dev/null 2>> "$work/read-errors" \
      || echo failed >> "$work/read-failed"
  done
}

last_acknowledged() { tail -n 1 "$work/acknowledged" | cut -d ' ' -f 2; }

acknowledged_after() {
  local at number
  read -r at number < <(tail -n 1 "$work/acknowledged")
  ((at > $1 && number > 0))
}

# The counter is what was acknowledged last, or one whose answer was lost.
nothing_lost() {
  local acknowledged found
  acknowledged=$(last_acknowledged) # first: the writer goes on
  found=$(muster get "$key" -m "$1" --timeout 10s)
  ((acknowledged <= found)) \
    || fail "acknowledged $acknowledged, found $found on $1"
}

step 'five machines, a writer, a reader of another shard'
docs/examples/sample_records.sh > "$work/sample.jsonl"
expect 0 muster up --machines 5 --detach
expect 0 muster load "$work/sample.jsonl"
expect 0 muster put "$key" 0
primary=$(primary_of "$key" -m m1)
origin=m1
[[ $primary != m1 ]] || origin=m2
# A key of a shard that this primary has nothing to do with.
other=''
for ((i = 0; i < 200; ++i)); do
  muster put "/other/$i" x > /dev/null
  served=$(muster get "/other/$i" --confirmed -o json | field served_by)
  if [[ $served == "$origin" ]]; then
    other=/other/$i
    break
  fi
done
[[ -n $other ]] || fail "no shard has its primary on $origin"
write_on "$origin" &
writer=$!
eventually 20 grep -qs . "$work/acknowledged"

step "kill -9 of $primary"
read_on "$origin" "$other" &
reader=$!
killed=$(milliseconds)
kill -KILL "$(pid_of "$primary")"
eventually 20 acknowledged_after $((killed + 200))
first=$(awk -v t="$((killed + 200))" '$1 > t { print $1; exit }' \
  "$work/acknowledged")
echo "first commit again after $((first - killed)) ms"
((first - killed <= gap_max_milliseconds)) || fail 'it took too long'
[[ ! -s $work/put-failed ]] || fail "a write failed: $(< "$work/put-failed")"
# The other shards of the dead primary are not far behind.
all_served() { muster status | grep -q '64 of 64 shards served'; }
eventually 20 all_served
served=$(milliseconds)
echo "all shards served again after $((served - killed)) ms"
((served - killed <= gap_max_milliseconds)) || fail 'it took too long'
kill "$reader"
[[ ! -s $work/read-failed ]] \
  || fail "reads of another shard failed: $(< "$work/read-errors")"
nothing_lost "$origin"

step 'it comes back'
expect 0 muster up --detach
expect 0 muster get "$key" -m "$primary"

step 'SIGSTOP of the new primary for 10 s'
primary=$(primary_of "$key" -m "$origin")
[[ $primary != "$origin" ]] || fail 'the origin cannot be paused as well'
paused_at=$(milliseconds)
pause "$primary"
eventually 20 acknowledged_after $((paused_at + 10000))
resume "$primary"
before=$(last_acknowledged)
found=$(muster get "$key" -m "$primary" --timeout 10s)
((found >= before)) || fail "$primary read $found, acknowledged was $before"
kill "$writer"
wait "$writer" 2> /dev/null || true
for machine in m1 m2 m3 m4 m5; do nothing_lost "$machine"; done
[[ ! -s $work/put-failed ]] || fail "a write failed: $(< "$work/put-failed")"
expect 0 muster down

echo 'passed'
