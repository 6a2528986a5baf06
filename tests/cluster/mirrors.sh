#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What a machine mirrors it mirrors again after a restart, and what it has given
# up it does not. A file of mirrors that is damaged stops nobody. What a machine
# reads often it reads from its own memory without being asked to.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# starts: m5 again, in the background; `up` has its process.
starts() {
  "$bin/musterd" --config "$dir/m5/machine.toml" > "$work/m5-log" 2>&1 &
  up=$!
}

# stops PROCESS
stops() {
  kill "$1"
  eventually 20 gone "$1"
}

# mirrored PREFIX...: m5 mirrors exactly these.
mirrored() {
  local want
  want=$(printf '{"prefix":"%s"},' "$@")
  [[ $(curl -s -m 10 "http://127.0.0.1:$(port_of m5 http_port)/v1/mirrors" \
    | tr -d ' \n') == "[${want%,}]" ]]
}

# own_memory MACHINE KEY: it reads the key from its own memory.
own_memory() {
  [[ $(muster get "$2" -m "$1" -o json --timeout 2s 2> /dev/null \
    | tr -d ' \n' | field served_by) == "$1" ]]
}

mirrors_g3() {
  muster mirror /g3 -m m5 > /dev/null 2>&1
}

# holds_copies: m5 takes part in a write by its copy of /. That is of shards
# that it does not store: one of these keys is in such a one.
holds_copies() {
  local n
  for n in {1..8}; do
    expect 0 muster put "/g$n/x/y" "v$n" -m m1 -o json
    expect 0 muster explain "$(field command < "$work/stdout")" -m m1
    ! grep -qE '^m5 .*copy of prefix / ' "$work/stdout" || return 0
  done
  return 1
}

step 'five machines, each record on three of them'
expect 0 muster up --machines 5 --shards 8 --detach
for n in {1..8}; do expect 0 muster put "/g$n/x/y" "v$n"; done

step 'm5 mirrors three prefixes and gives one of them up'
expect 0 muster mirror /g1/x -m m5
expect 0 muster mirror /g2 -m m5
expect 0 muster mirror / -m m5
expect 0 muster unmirror /g2 -m m5
eventually 10 mirrored / /g1/x
eventually 10 holds_copies

step 'after a restart it mirrors what it mirrored'
stops "$(pid_of m5)"
starts
eventually 60 mirrored / /g1/x
eventually 20 holds_copies

step 'a damaged file of mirrors is said, and stops nobody'
stops "$up"
echo 'muster mirrors 1' > "$dir/m5/data/mirrors"
starts
eventually 60 grep -q mirrors_damaged "$work/m5-log"
eventually 60 mirrors_g3
eventually 10 mirrored /g3

step 'each machine reads each record from its own memory after a few reads'
for n in {1..8}; do
  for m in m1 m2 m3 m4 m5; do
    eventually 30 own_memory "$m" "/g$n/x/y"
  done
done

kill "$up"
wait "$up" || true
echo 'mirrors stayed, copies came'
