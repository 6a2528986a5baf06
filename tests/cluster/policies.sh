#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Policy agents with real processes: a machine is enlisted by name and says so
# in its log, a dead machine delays one command of each home by less than a
# lease and is reported, a removed policy enlists nobody.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# put KEY VALUE [OPTION...]: sets $command and $took_ms.
put() {
  local begin
  begin=$(milliseconds)
  expect 0 muster put "$@" -m m1 -o json
  took_ms=$(($(milliseconds) - begin))
  command=$(field command < "$work/stdout")
}

logged() { grep -q -- "$2" "$dir/$1/log"; }

# The line of the story of $command that names the policy.
policy_line() {
  expect 0 muster explain "$command" -m m1
  grep -F 'policy watch: audit' "$work/stdout" || true
}

step 'five machines, a policy that enlists m5'
expect 0 muster up --machines 5 --shards 8 --detach
# It shall lead and back up nothing: then it takes part by name only.
expect 0 muster machine drain m5 --timeout 60s
expect 0 muster agent add watch --prefix /billing/ --enlist m5 --reason audit
said 'watch is in force'
[[ ! -s $work/stderr ]] || fail "somebody is out of reach: $(< "$work/stderr")"
expect 4 muster agent add watch --prefix /x --enlist m5 --reason audit
said 'there is a policy watch already'
expect 2 muster agent add own --prefix /muster/agents --enlist m5 --reason x
expect 0 muster agent list -m m4
grep -qE '^watch +/billing +m5 +audit' "$work/stdout" \
  || fail "it listed $(< "$work/stdout")"

step 'every command there names m5, wherever the keys are'
for i in {1..12}; do
  put "/billing/$i" "$i"
  line=$(policy_line)
  [[ $line == m5* ]] || fail "m5 took no part: $(< "$work/stdout")"
  if [[ $line == *expelled* || $line == *' -' ]]; then
    fail "m5 did not acknowledge: $line"
  fi
  eventually 5 logged m5 "command_observed.*command=$command "
done
put /other/1 1
[[ -z $(policy_line) ]] || fail 'another prefix is enlisted too'

step 'a command over several shards'
{
  printf '{"operations":[{"put":{"key":"/billing/a","value":"1"}},'
  printf '{"put":{"key":"/far/a","value":"1"}},'
  printf '{"put":{"key":"/near/a","value":"1"}}]}'
} > "$work/txn.json"
expect 0 muster txn "$work/txn.json" -m m1 -o json
command=$(field command < "$work/stdout")
[[ -n $(policy_line) ]] || fail "m5 took no part: $(< "$work/stdout")"

step 'every machine knows it, also after a restart of all'
crash m1 m2 m3 m4 m5
expect 0 muster up --detach
put /billing/again 1 --timeout 30s
[[ -n $(policy_line) ]] || fail "forgotten: $(< "$work/stdout")"

step 'm5 is dead: each home waits once, less than a lease, and says so'
crash m5
put /billing/1 late
((took_ms >= 800)) || fail "it took $took_ms ms: nobody waited for m5"
((took_ms < 2500)) || fail "it took $took_ms ms"
line=$(policy_line)
[[ $line == m5*expelled* ]] || fail "m5 is not told to be expelled: $line"
# Four homes at most, and eight shards: a home waits for all of its own.
waited=1
for key in {2..40}; do
  put "/billing/$key" late
  ((took_ms < 2500)) || fail "another one took $took_ms ms"
  ((took_ms < 800)) || waited=$((waited + 1))
done
((waited <= 4)) || fail "$waited commands waited for m5"
for key in {1..12}; do
  put "/billing/$key" later
  ((took_ms < 800)) || fail "it took $took_ms ms: m5 was waited for again"
done
silent_logged() {
  cat "$dir"/m[1-4]/log | grep -q 'policy_machine_silent.*machine=m5'
}
eventually 5 silent_logged
says_absent() { muster agent list | grep -q 'absent: m5'; }
eventually 20 says_absent
expect 0 muster agent add second --prefix /second --enlist m4 --reason check \
  --timeout 10s
said 'out of reach, and without it until they are back: m5'
expect 0 muster agent remove second

step 'it is back, and asked again'
expect 0 muster up --detach
answers() {
  put "/billing/$((RANDOM % 12))" back
  policy_line | grep '^m5' | grep -qv expelled
}
eventually 20 answers

step 'removed, it enlists nobody'
expect 0 muster agent remove watch
expect 3 muster agent remove watch
put /billing/99 1
[[ -z $(policy_line) ]] || fail "it is enlisted still: $(< "$work/stdout")"

step 'over HTTP'
base="http://127.0.0.1:$(port_of m2 http_port)"
token=$(< "$dir/m2/data/token")
# m5 has just started: until it holds the policies it is told as unaware.
known_everywhere() {
  http 200 -X PUT -H "Authorization: Bearer $token" \
    "$base/v1/agents/web?replace" \
    -d '{"prefix":"/web","enlist":["m3"],"reason":"copies"}'
  grep -qF '"unaware":[]' "$work/stdout"
}
eventually 20 known_everywhere
http 200 "$base/v1/agents/web"
said '"enlist":["m3"]'
http 401 -X DELETE "$base/v1/agents/web"
http 200 -X DELETE -H "Authorization: Bearer $token" "$base/v1/agents/web"
http 404 "$base/v1/agents/web"
