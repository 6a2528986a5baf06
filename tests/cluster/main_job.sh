#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The main job on real input, with real processes: five machines, the records of
# Grid'5000, copies that are never stale, paused holders and backups, and a
# restart after kill -9 of all machines.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
data=../shared/data/grid5000/records.jsonl
if [[ ! -f $data ]]; then
  echo "skipped: $data is not there"
  exit 77
fi
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

machines=(m1 m2 m3 m4 m5)
# The lease, half a second, and what a loaded host adds to it.
readonly write_wait_max_ns=2500000000

# who_serves KEY: sets `primary`, `backups` and `holders` by asking all five.
who_serves() {
  local machine from
  primary='' backups=() holders=()
  for machine in "${machines[@]}"; do
    from=$(muster get "$1" -m "$machine" -o json | field served_from)
    case $from in
      primary) primary=$machine ;;
      backup) backups+=("$machine") ;;
      copy) holders+=("$machine") ;;
      *) fail "$machine served $1 from '$from'" ;;
    esac
  done
}

served_by_all() { # <key>
  who_serves "$1"
  [[ -n $primary && ${#backups[@]} -eq 2 && ${#holders[@]} -eq 2 ]]
}

# put_at MACHINE KEY VALUE: sets `command`.
put_at() {
  expect 0 muster put "$2" "$3" -m "$1" -o json
  command=$(field command < "$work/stdout")
}

# The very next read of each machine given has the value.
read_by() { # <key> <value> <machine>...
  local machine
  for machine in "${@:3}"; do
    expect 0 muster get "$1" -m "$machine"
    [[ $(< "$work/stdout") == "$2" ]] \
      || fail "$machine read '$(< "$work/stdout")' instead of '$2'"
  done
}

others() { # <machine>
  local machine
  for machine in "${machines[@]}"; do
    if [[ $machine != "$1" ]]; then printf '%s\n' "$machine"; fi
  done
}

# Writes while MACHINE is paused: the write waits for its lease and no longer;
# what was asked of it meanwhile is answered after SIGCONT, and not with the old
# value.
write_past() { # <machine> <key> <value>
  local took asked status=0 rest
  mapfile -t rest < <(others "$1")
  pause "$1"
  muster get "$2" -m "$1" --timeout 30s > "$work/late" 2> "$work/late-err" &
  asked=$!
  put_at "$primary" "$2" "$3"
  expect 0 muster explain "$command" -m "$primary" -o json
  took=$(field duration_ns < "$work/stdout")
  echo "   the write took $((took / 1000000)) ms"
  ((took <= write_wait_max_ns)) || fail "the write took $took ns"
  read_by "$2" "$3" "${rest[@]}"
  resume "$1"
  wait "$asked" || status=$?
  if ((status == 0)); then
    [[ $(< "$work/late") == "$3" ]] \
      || fail "$1 served '$(< "$work/late")' after its pause: stale"
  fi
  read_by "$2" "$3" "$1"
}

step 'five machines'
expect 0 muster up --machines 5 --detach
said '64 of 64 shards served'

step "load Grid'5000"
expect 0 muster load "$data" -o json
said '"applied":3850'

step 'every machine mirrors /machines/'
for machine in "${machines[@]}"; do
  expect 0 muster mirror /machines/ -m "$machine"
done

key=/machines/chartreuse2-1
step "read $key on all five"
eventually 20 served_by_all "$key"
echo "   primary $primary, backups ${backups[*]}, copies ${holders[*]}"

step 'change it on any machine; the next read on every machine has it'
for machine in "${machines[@]}"; do
  put_at "$machine" "$key" "changed by $machine"
  read_by "$key" "changed by $machine" "${machines[@]}"
done

step 'explain lists who took part, and why'
put_at "${holders[0]}" "$key" explained
expect 0 muster explain "$command" -m "${holders[0]}"
cat "$work/stdout"
said "command $command: committed"
participants() { # <pattern>
  grep -cE "^m[1-5] +127\.0\.0\.1:[0-9]+ +$1" "$work/stdout" || true
}
(($(participants 'home ') == 1)) || fail 'not one home'
(($(participants 'backup ') == 2)) || fail 'not two backups'
copies=$(participants "copy of prefix /machines +$primary ")
# The origin holds a copy too; it may be listed once, as the origin.
((copies >= 1 && copies <= 2)) || fail 'the holders are not listed'
(($(participants 'origin ') == 1)) || fail 'not one origin'

step "pause ${holders[1]}, a holder, and write"
write_past "${holders[1]}" "$key" 'past a holder'

step "pause ${backups[0]}, a backup, and write"
write_past "${backups[0]}" "$key" 'past a backup'
eventually 60 served_by_all "$key"

step 'kill -9 all machines, and start again'
dump | sort > "$work/before"
crash "${machines[@]}"
expect 0 muster up --detach
said '64 of 64 shards served'
dump | sort > "$work/after"
(($(wc -l < "$work/before") == 3850)) || fail 'not 3850 records before'
diff "$work/before" "$work/after" > "$work/difference" \
  || fail "records differ: $(head -n 4 "$work/difference")"
read_by "$key" 'past a backup' "${machines[@]}"

step 'stop'
expect 0 muster down
said '6 processes stopped'
[[ -z $(processes) ]] || fail 'a process is left behind'
echo 'passed'
