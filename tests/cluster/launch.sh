#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# `muster up` in the foreground leaves no process behind, whichever way it ends;
# with --detach it can be repeated; three members of etcd.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

readonly stop_max_seconds=8

nothing_runs() { [[ -z $(processes) ]]; }

# Starts `up` in the foreground of a job of its own; sets `up`.
begin() {
  rm -f "$work/up-stderr"
  "$bin/muster" --dir "$dir" up "$@" > "$work/up-stdout" 2> "$work/up-stderr" &
  up=$!
  eventually 60 grep -qs 'Ctrl-C stops the cluster' "$work/up-stderr"
}

# ended STATUS: `up` ends soon, with that status, and nothing is left.
ended() {
  local status=0 began=$SECONDS
  wait "$up" || status=$?
  if ((status != $1)); then
    cat "$work/up-stderr" >&2
    fail "up ended with $status instead of $1"
  fi
  ((SECONDS - began <= stop_max_seconds)) || fail 'it took too long to stop'
  nothing_runs || fail "left behind: $(processes)"
}

step 'Ctrl-C'
begin --machines 3 --shards 8
expect 0 muster put /a/b kept
kill -INT "$up"
ended 0

step 'again on the same directory: same ports, same data; SIGTERM'
before=$(< "$dir/cluster.json")
begin
[[ $(< "$dir/cluster.json") == "$before" ]] || fail 'the plan changed'
expect 0 muster get /a/b -m m2
[[ $(< "$work/stdout") == kept ]] || fail 'the record is gone'
kill -TERM "$up"
ended 0

step 'a machine that dies is named, with the end of its log; etcd ends all'
begin
kill -KILL "$(pid_of m2)"
told() { grep -q "$1 (pid [0-9]*) was ended by signal 9; the end of" \
  "$work/up-stderr"; }
eventually 20 told m2
expect 0 muster get /a/b --machine m1 --timeout 20s
kill -KILL "$(pid_of etcd1)"
ended 5
told etcd1 || fail "it did not say who died: $(< "$work/up-stderr")"

step 'up itself is killed'
begin
kill -KILL "$up"
wait "$up" 2> /dev/null || true
eventually 20 nothing_runs

step 'detached, repeated, with what is missing started'
expect 0 muster up --detach
first=$(pid_of m1)
kill -KILL "$(pid_of m3)"
expect 0 muster up --detach
said 'starting 1 processes'
[[ $(pid_of m1) == "$first" ]] || fail 'm1 was started twice'
expect 0 muster up --detach
said 'runs already'
expect 0 muster doctor

step 'an up that waits in vain leaves what it has started'
pause m2
kill -KILL "$(pid_of m3)"
expect 5 muster up --detach --timeout 8s
said 'the processes were started and go on'
kill -0 "$(pid_of m3)" || fail 'm3 was stopped again'
resume m2
expect 0 muster up --detach
said 'runs already'

step 'a machine that stops in order is silent at once'
# state_of MACHINE: as m1 tells it.
state_of() {
  muster status -m m1 -o json | grep -oE "\"id\":\"$1\"[^}]*" | field state
}
is_silent() { [[ $(state_of m3) == silent ]]; }
gone() { ! kill -0 "$1" 2> /dev/null; }
eventually 10 eval '[[ $(state_of m3) == serving ]]'
stopped=$(pid_of m3)
kill -TERM "$stopped"
eventually 5 gone "$stopped"
eventually 2 is_silent
expect 0 muster up --detach
said 'starting 1 processes'
doctor_of_m2() {
  expect 0 muster doctor --address "127.0.0.1:$(port_of m2 http_port)"
  said '8 of 8 are served'
}
eventually 20 eval '(doctor_of_m2) 2> /dev/null'
expect 0 muster down
nothing_runs || fail "left behind: $(processes)"
expect 0 muster down
said '0 processes stopped'

step 'three members of etcd, ports from a base'
rm -rf "$dir"
base=$(($(field peer_port <<< "$(tr -d ' \n' <<< "$before")") + 1000))
expect 0 muster up --machines 2 --shards 4 --etcd 3 --base-port "$base" --detach
expect 0 muster status
said "127.0.0.1:$base"
said '4 of 4 shards served'
expect 0 muster put /a/b x
expect 0 muster down
said '5 processes stopped'

step 'a program that is missing'
expect 3 env MUSTER_ETCD=/nonexistent/etcd timeout 60 "$bin/muster" \
  --dir "$work/other" up
said 'apt-get install etcd-server'
[[ ! -e $work/other ]] || fail 'a failed up left a directory behind'
echo 'passed'
