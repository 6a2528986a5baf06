#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Commands over several shards with real processes: all or nothing, with guards
# and other operations; mirrors read the new values at once; explain tells the
# participants of each shard; nothing is half done after kill -9 of the home
# that decides, and of all machines.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# moves AMOUNT: a transfer between two accounts, each with a floor of 0.
moves() {
  cat << JSON
{"operations": [{"add": {"key": "/bank/a/n", "delta": -$1, "floor": 0}},
                {"add": {"key": "/till/b/n", "delta": $1}}]}
JSON
}

value() { # <key> [option...]
  muster get "$@"
}

reads() { # <machine> <a> <b>
  [[ $(value /bank/a/n -m "$1") == "$2" && $(value /till/b/n -m "$1") == "$3" ]]
}

sum() {
  echo $(($(value /bank/a/n --confirmed) + $(value /till/b/n --confirmed)))
}

step 'four machines, every one holds a copy'
expect 0 muster up --machines 4 --shards 8 --detach
for machine in m1 m2 m3 m4; do expect 0 muster mirror / -m "$machine"; done

step 'two records in two shards at once'
echo '{"operations": [{"put": {"key": "/bank/a/n", "value": 100}},
  {"put": {"key": "/till/b/n", "value": 0}}]}' | expect 0 muster txn -
moves 30 > "$work/move.json"
expect 0 muster txn "$work/move.json" -m m2 -o json
said '"outcome":"committed"'
said '"counters":[70,30]'
id=$(field command < "$work/stdout")
for machine in m1 m2 m3 m4; do
  reads "$machine" 70 30 || fail "$machine reads other values"
done

step 'explain tells both shards'
expect 0 muster explain "$id" -o json
said '"other_shards":['
expect 0 muster explain "$id"
said 'SHARD'
for machine in m1 m2 m3 m4; do said "$machine"; done

step 'a limit refuses all of it'
moves 71 > "$work/much.json"
expect 4 muster txn "$work/much.json" -m m3
reads m3 70 30 || fail 'half of it was done'

step 'other operations'
cat > "$work/else.json" << JSON
{"guards": [{"key": "/bank/a/n", "value": "100"}],
 "operations": [{"delete": {"key": "/bank/a/n"}}],
 "else": [{"put": {"key": "/late/c/n", "value": "x"}}]}
JSON
expect 0 muster txn "$work/else.json"
said 'committed (else)'
[[ $(value /late/c/n) == x ]] || fail 'the other operations were not done'

step 'the same id is applied once'
moves 10 > "$work/ten.json"
expect 0 muster txn "$work/ten.json" --id ten -m m1
expect 0 muster txn "$work/ten.json" --id ten -m m4
reads m2 60 40 || fail 'it was applied twice'

step 'kill -9 of the home that decides, while others transfer'
expect 0 muster get /bank/a/n --confirmed -o json
victim=$(field served_by < "$work/stdout")
others=()
for machine in m1 m2 m3 m4; do
  if [[ $machine != "$victim" ]]; then others+=("$machine"); fi
done
moves 1 > "$work/one.json"
transfer() { # <machine>: until $work/stop is there
  while [[ -d $dir && ! -e $work/stop ]] && kill -0 $$; do
    muster txn "$work/one.json" -m "$1" --timeout 15s >> "$work/done.$1" 2>&1 \
      || true
  done
}
committed() { # <count>
  (($(cat "$work"/done.* 2> /dev/null | grep -c '^committed') >= $1))
}
clients=()
for machine in "${others[@]}"; do
  transfer "$machine" &
  clients+=("$!")
done
eventually 20 committed 10
crash "$victim"
before=$(cat "$work"/done.* | grep -c '^committed')
eventually 30 committed $((before + 10))
touch "$work/stop"
wait "${clients[@]}"
[[ $(sum) == 100 ]] || fail "the sum is $(sum)"

step 'kill -9 of all machines'
crash "${others[@]}"
expect 0 muster up --detach
[[ $(sum) == 100 ]] || fail "the sum is $(sum)"
expect 0 muster txn "$work/one.json" -m m1 --timeout 20s \
  || fail 'no transfer any more'

expect 0 muster down
echo 'passed'
