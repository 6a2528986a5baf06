#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Six machines behind two switches, all of which mirror a prefix: copies come
# through the switches, `explain` shows them and who is behind them. kill -9 and
# SIGSTOP of a switch: its machines go on through the homes, nothing is stale or
# lost; when it is back they are behind it again.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

readonly machines=(m1 m2 m3 m4 m5 m6)
readonly key=/machines/m1/cores
number=0

# write MACHINE [OPTION...]: another value, from a machine that is no switch.
write() {
  number=$((number + 1))
  expect 0 muster put "$key" "$number" -m "$1" --timeout 20s "${@:2}"
}

# What any machine reads is the newest value, whatever happens.
all_read() {
  local machine found
  for machine in "$@"; do
    found=$(muster get "$key" -m "$machine" --timeout 10s)
    [[ $found == "$number" ]] || fail "$machine reads $found, not $number"
  done
}

from_of() { muster get "$key" -o json -m "$1" | field served_from; }

# Those that store no replica of the key's shard.
holders() {
  local machine
  for machine in "${machines[@]}"; do
    [[ $(from_of "$machine") != copy ]] || echo "$machine"
  done
}

all_serve() { # from their own memory, a copy where they have no replica
  local machine
  for machine in "$@"; do
    [[ $(from_of "$machine") == copy ]] || return 1
  done
}

story() { # of a new write
  write m1 -o json
  muster explain "$(field command < "$work/stdout")" > "$work/story"
}

enlisted_by() { # <switch> <machine>...: by the story of a new write
  local machine
  story
  for machine in "${@:2}"; do
    grep -qE "^ +$machine .*copy of prefix /machines +$1 " "$work/story" \
      || return 1
  done
}

enlisted_by_home() { # <machine>...
  local machine
  story
  for machine in "$@"; do
    grep -qE "^$machine .*copy of prefix /machines " "$work/story" || return 1
  done
}

switch_of() { [[ $1 == m[135] ]] && echo s1 || echo s2; }

of_switch() { # <switch> <machine>...: those that are behind it
  local machine
  for machine in "${@:2}"; do
    [[ $(switch_of "$machine") != "$1" ]] || echo "$machine"
  done
}

step 'six machines behind two switches'
expect 0 muster up --machines 6 --switches 2 --shards 8 --detach
expect 0 muster status
for line in '^s1 +switch +- ' '^s2 +switch +- ' '^m1 +machine +s1 ' \
  '^m2 +machine +s2 ' '^m5 +machine +s1 ' '^m6 +machine +s2 '; do
  grep -qE "$line" "$work/stdout" || fail "status has no $line"
done
write m1
for machine in "${machines[@]}"; do
  expect 0 muster mirror /machines/ -m "$machine"
done
mapfile -t holding < <(holders)
((${#holding[@]} == 3)) || fail "copies are on ${holding[*]}, not on three"
mapfile -t behind1 < <(of_switch s1 "${holding[@]}")
mapfile -t behind2 < <(of_switch s2 "${holding[@]}")
echo "copies: ${behind1[*]} behind s1, ${behind2[*]} behind s2"

step 'explain shows the switches, and the machines behind them'
if ((${#behind1[@]} > 0)); then
  eventually 30 enlisted_by s1 "${behind1[@]}"
  grep -qE '^s1 .*copy of prefix /machines ' "$work/story" \
    || fail "no s1 in $(< "$work/story")"
fi
if ((${#behind2[@]} > 0)); then
  eventually 30 enlisted_by s2 "${behind2[@]}"
fi
cat "$work/story"
all_read "${machines[@]}" s1 s2

# The one with more behind it.
switch=s1
behind=("${behind1[@]}")
if ((${#behind2[@]} > ${#behind1[@]})); then
  switch=s2
  behind=("${behind2[@]}")
fi

step "kill -9 of $switch: its machines go on through the home"
crash "$switch"
write "${behind[0]}"
all_read "${machines[@]}"
write m1
all_read "${machines[@]}"
eventually 20 all_serve "${behind[@]}"
eventually 20 enlisted_by_home "${behind[@]}"
all_read "${machines[@]}"

step 'it comes back'
expect 0 muster up --detach
eventually 60 enlisted_by "$switch" "${behind[@]}"
eventually 20 all_serve "${behind[@]}"
all_read "${machines[@]}" "$switch"

step "SIGSTOP of $switch: nothing is stale"
pause "$switch"
write "${behind[0]}"
all_read "${machines[@]}"
eventually 20 all_serve "${behind[@]}"
write m1
all_read "${machines[@]}"
resume "$switch"
all_read "${machines[@]}" "$switch"
eventually 90 enlisted_by "$switch" "${behind[@]}"

step 'a dead machine behind it delays a write by about its lease'
victim=${behind[0]}
crash "$victim"
before=$(milliseconds)
origin=m1
[[ $victim != m1 ]] || origin=m2
write "$origin"
took=$(($(milliseconds) - before))
echo "the write took $took ms"
((took <= 4500)) || fail 'it took too long'
expect 0 muster up --detach
eventually 20 all_read "${machines[@]}"
expect 0 muster down

echo 'passed'
