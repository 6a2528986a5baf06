#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Commands with a client's own id: one that is used again for another command is
# refused wherever it is sent, also after a restart of all machines; answers
# tell what a retry is to give back. Commands in flight are listed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# put STATUS MACHINE ID VALUE [QUERY]: puts /a/b over HTTP.
put() {
  http "$1" -X PUT -H "Authorization: Bearer $(< "$dir/$2/data/token")" \
    -H "Idempotency-Key: $3" -d "$4" \
    "http://127.0.0.1:$(port_of "$2" http_port)/v1/records/a/b${5:-}"
}

refused_as_reused() { # <machine>
  put 422 "$1" job other
  said '"code":"id_reused"'
  said '"applied":"no"'
  expect 0 muster get /a/b --confirmed
  [[ $(< "$work/stdout") == first ]] || fail "/a/b is $(< "$work/stdout")"
}

step 'three machines'
expect 0 muster up --machines 3 --shards 4 --detach

step 'the same id with the same command, and with another'
put 200 m1 job first
version=$(field version < "$work/stdout")
put 200 m2 job first
[[ $(field version < "$work/stdout") == "$version" ]] || fail 'applied twice'
for machine in m1 m2 m3; do refused_as_reused "$machine"; done

step 'an answer tells what the shard had committed before'
put 200 m1 next first
born=$(field born < "$work/stdout")
next=$(field version < "$work/stdout")
((born >= version && born < next)) || fail "born $born, version $next"
put 200 m3 next first "?born=$born"
[[ $(field version < "$work/stdout") == "$next" ]] || fail 'applied twice'

step 'explain tells of the command that has the id'
expect 0 muster explain =job -m m1
said 'command =job: committed'

step 'kill -9 of all machines'
crash m1 m2 m3
expect 0 muster up --detach
for machine in m1 m2 m3; do refused_as_reused "$machine"; done
put 200 m3 job first

step 'a command in flight is listed'
expect 0 muster get /a/b --confirmed -o json
primary=$(field served_by < "$work/stdout")
backup=m1
if [[ $primary == m1 ]]; then backup=m2; fi
in_flight() {
  muster commands -m "$primary" > "$work/commands"
  grep -qE 'in flight +- .*put /a/b' "$work/commands"
}
pause "$backup"
muster put /a/b slow -m "$primary" > "$work/slow" &
slow=$!
eventually 2 in_flight
wait "$slow" || fail 'the put past a paused backup failed'
resume "$backup"
in_flight && fail 'it is still listed'
grep -qE "^$primary.* committed .*put /a/b" "$work/commands" \
  || fail "not listed: $(< "$work/commands")"

expect 0 muster down
echo 'passed'
