#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# A rolling restart: a machine that claims the next wire version as well works
# beside the others; one that has none in common with them is refused, and both
# sides say why.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# restart VERSIONS: m3 again, claiming them. The end of a test kills `up`;
# `muster down` knows the process of before only.
restart() {
  stop_m3
  "$bin/musterd" --config "$dir/m3/machine.toml" \
    --claimed-wire-versions "$1" >> "$work/m3-log" 2>&1 &
  up=$!
}

stop_m3() {
  if [[ -n $up ]]; then
    kill "$up" 2> /dev/null || true
    wait "$up" || true
  else
    kill "$(pid_of m3)"
  fi
  up=''
  eventually 20 gone
}

gone() {
  ! grep -qsF -- "$dir/m3/machine.toml" /proc/[0-9]*/cmdline
}

# reads MACHINE KEY VALUE
reads() {
  [[ $(muster get "$2" -m "$1" --timeout 2s 2> /dev/null) == "$3" ]]
}

writes() { # <machine> <key> <value>
  muster put "$2" "$3" -m "$1" --timeout 2s > /dev/null 2>&1
}

# in_log FILE TEXT
in_log() { grep -qF -- "$2" "$1"; }

step 'three machines of this version'
expect 0 muster up --machines 3 --shards 8 --detach
expect 0 muster put /a/b first
for n in {1..16}; do
  expect 0 muster put "/s$n/x" old
done

step 'm3 claims the next version as well: all works'
restart 2-3
eventually 60 writes m3 /a/b second
eventually 60 reads m3 /a/b second
expect 0 muster get /a/b -m m1
[[ $(< "$work/stdout") == second ]] || fail 'm1 did not read what m3 wrote'
for n in {1..16}; do
  eventually 60 writes m1 "/s$n/x" new
  eventually 60 reads m3 "/s$n/x" new
done
in_log "$work/m3-log" 'peer_connected peer=m1' || fail 'm3 is alone'

step 'm3 has no version in common with the others: refused, and it says so'
restart 3-4
# Who refuses says so, and who is refused is told; which of the two m1 is, is
# not fixed.
tells_both() { # <log> <theirs> <own>
  local theirs="$2, format 4" own="$3, format 4"
  in_log "$1" "it_understands=\"$theirs\" this_machine_understands=\"$own\"" \
    || in_log "$1" \
      "it understands $theirs, this machine $own; upgrade the older"
}
eventually 60 tells_both "$dir/m1/log" 'wire 3 to 4' 'wire 2'
eventually 60 tells_both "$work/m3-log" 'wire 2' 'wire 3 to 4'
for n in {1..16}; do
  eventually 60 writes m1 "/s$n/x" without
done
! reads m3 /a/b second || fail 'm3 served a read without the others'

step 'm3 is back'
restart 2-2
eventually 60 reads m3 /s1/x without
stop_m3
echo 'the next version works beside this one'
