#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Watches with real processes: one that goes on by itself while its machine and
# the homes of the shards die and shards move, told every change once and in
# order; one that goes on from a position; a position that was forgotten; events
# over HTTP.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# The keys of the events in a file, in the order in which they came.
keys_in() { grep -oE '"key":"[^"]*"' "$1" | cut -d '"' -f 4; }

has_lines() { # <file> <count>
  (($(wc -l < "$1") >= $2))
}

watching() { grep -q '^watching' "$work/watch.err"; }

step 'four machines, and a watch of everything'
expect 0 muster up --machines 4 --shards 8 --detach
"$bin/muster" --dir "$dir" watch / -o json --timeout 150s \
  > "$work/watch.out" 2> "$work/watch.err" &
watch=$!
eventually 10 watching

step 'its machine dies, shards move, others die, while 300 records are put'
told=()
for i in {100..399}; do
  case $i in
    130) crash m1 ;;
    180) expect 0 muster up --detach ;;
    230) expect 0 muster shard move 3 --to m4 --timeout 20s ;;
    280) crash m2 ;;
    330) expect 0 muster up --detach ;;
  esac
  expect 0 muster put "/w$((i % 10))/k$i" "$i" -m m3 --timeout 20s -o json
  told+=("/w$((i % 10))/k$i")
done
eventually 30 has_lines "$work/watch.out" 300
kill -TERM "$watch"
wait "$watch" || fail "the watch ended with $?"
grep -q 'going on at m' "$work/watch.err" || fail 'it never went on elsewhere'
diff <(printf '%s\n' "${told[@]}" | sort) <(keys_in "$work/watch.out" | sort) \
  || fail 'it was not told every change once'
if grep -qv '"version":' "$work/watch.out"; then
  fail 'it was told something else than changes'
fi
# In version order for each shard.
sed -E 's/.*"version":([0-9]+),"shard":([0-9]+).*/\2 \1/' "$work/watch.out" \
  | awk '$2 <= last[$1] { exit 1 } { last[$1] = $2 }' \
  || fail 'it was told changes out of order'

step 'another one goes on from its position, at another machine'
from=$(sed -n 's/^it goes on with --from //p' "$work/watch.err")
expect 0 muster put /w1/late 1
expect 0 muster del /w2/k102
expect 0 muster watch / --from "$from" --timeout 3s -m m4
[[ $(sort "$work/stdout" | cut -d ' ' -f 1-3) == \
  $'del  /w2/k102\nput  /w1/late' ]] \
  || fail "it printed $(< "$work/stdout")"

step 'a position that the log has forgotten'
big=$(head -c 3000 /dev/zero | tr '\0' x)
for i in {1..120}; do expect 0 muster put "/big/b/$((i % 4))" "$big$i"; done
expect 0 muster watch /big/b --from 1 --timeout 3s -o json
for event in compacted current; do said "\"event\":\"$event\""; done
(($(grep -c '"event":"record"' "$work/stdout") == 4)) \
  || fail "not four records: $(cut -c 1-80 "$work/stdout")"

step 'events over HTTP, as a browser comes back'
at=$(grep -o '"position":"[^"]*"' "$work/stdout" | tail -n 1 | cut -d '"' -f 4)
expect 0 muster put /big/b/0 short
port=$(port_of m4 http_port)
curl -sN -m 3 -H "Last-Event-ID: $at" \
  "http://127.0.0.1:$port/v1/watch?prefix=/big/b" > "$work/sse" || true
grep -q '^event: change' "$work/sse" || fail "no change in $(< "$work/sse")"
grep -q '"value":"short"' "$work/sse" || fail 'another change'
http 400 "http://127.0.0.1:$port/v1/watch?prefix=/big/b&from=x"
said 'not one of a watch of this prefix'
expect 2 muster watch / --from 1:1

expect 0 muster down
echo 'passed'
