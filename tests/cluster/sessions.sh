#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Sessions with real processes: machines tell that they are there; what is bound
# to a session vanishes when it is not renewed any more, also when the home of
# the session dies in between; what others have written stays.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh
export MUSTER_PRESENCE_TTL=2s

is_there() { muster get "$1" "${@:2}" > "$work/there" 2> "$work/there-err"; }

# Absent, as a machine says that could be asked.
is_gone() {
  local status=0
  muster get "$1" "${@:2}" > "$work/there" 2> "$work/there-err" || status=$?
  ((status == 3))
}

all_alive() {
  local id
  for id in "$@"; do is_there "/machines/$id/alive" || return 1; done
}

renew_for() { # <session> <seconds>
  local end=$((SECONDS + $2))
  while ((SECONDS < end)); do
    expect 0 muster session renew "$1" --timeout 20s
  done
}

step 'four machines, each with its record'
expect 0 muster up --machines 4 --shards 8 --detach
eventually 20 all_alive m1 m2 m3 m4
expect 0 muster get /machines/m3/alive
said "\"address\":\"127.0.0.1:$(port_of m3 peer_port)\""

step 'one that dies loses it, one that comes back has it again'
crash m4
eventually 20 is_gone /machines/m4/alive
expect 0 muster up --detach
eventually 20 is_there /machines/m4/alive

step 'a session that is renewed keeps its records; then all vanish at once'
expect 0 muster session create --id web --ttl 2s --label 'web on this host'
for i in 1 2 3; do
  expect 0 muster put "/svc/web/$i" "host:$i" --session web
done
renew_for web 5
expect 0 muster get /svc/web/2 -m m2
expect 0 muster session show web -o json
said '"bound":["/svc/web/1","/svc/web/2","/svc/web/3"]'
expect 0 muster put /svc/web/3 theirs
eventually 15 is_gone /svc/web/1
eventually 15 is_gone /svc/web/2 -m m3
expect 0 muster get /svc/web/3
said 'theirs'
eventually 15 is_gone /sessions/web
expect 3 muster session renew web
said 'it has ended, or never was'
expect 3 muster put /svc/web/4 late --session web
expect 3 muster get /svc/web/4

step 'an end that is asked for is one command'
expect 0 muster session create --id short --ttl 60s
expect 0 muster put /svc/short/1 x --session short
expect 0 muster put /other/short x --session short
expect 0 muster session end short
expect 3 muster get /svc/short/1
expect 3 muster get /other/short

step 'the home of a session dies: it lives while it is renewed, and ends then'
expect 0 muster session create --id kept --ttl 3s
expect 0 muster put /svc/kept/1 x --session kept
home=$(primary_of /sessions/kept)
crash "$home"
renew_for kept 6
expect 0 muster get /svc/kept/1
expect 0 muster up --detach
eventually 30 is_gone /svc/kept/1

step 'a machine that is stopped takes its record along, and not by its time'
expect 0 muster down
export MUSTER_PRESENCE_TTL=120s
expect 0 muster up --detach
eventually 20 is_there /machines/m4/alive
stopping=$(pid_of m4)
kill -TERM "$stopping"
eventually 20 gone "$stopping"
eventually 5 is_gone /machines/m4/alive
expect 0 muster down
echo 'passed'
