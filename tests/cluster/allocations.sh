#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Allocations with real processes: what is wanted is found and reserved on any
# machine, explained where it is refused, never given away twice, and never
# lost, whoever is killed.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
# shellcheck source=tests/real_cluster.sh
source tests/real_cluster.sh

# Only a machine with its record of being alive can be reserved on.
export MUSTER_PRESENCE_TTL=2s
readonly machines=(m1 m2 m3 m4 m5)
readonly mib=1048576
readonly capacity=$((1000 * mib))
readonly grid5000=../shared/data/grid5000/records.jsonl

# records MACHINE LATENCY_NS: what a machine has, a device, its counters.
records() {
  local at=/machines/$1
  printf '{"key":"%s","value":{"cores":8,"memory_bytes":%s,"rack":"r-%s"}}\n' \
    "$at" $((1 << 30)) "$1"
  printf '{"key":"%s/devices/d","value":{"kind":"nvme","capacity_bytes":%s,' \
    "$at" "$capacity"
  printf '"latency_ns":%s,"bandwidth_bits_per_second":1000000000}}\n' "$2"
  printf '{"key":"%s/free/devices/d","value":%s}\n' "$at" "$capacity"
  printf '{"key":"%s/free/cores","value":8000}\n' "$at"
  printf '{"key":"%s/free/memory","value":%s}\n' "$at" $((1 << 30))
}

link() { printf '{"key":"/topology/links/%s~%s","value":""}\n' "$1" "$2"; }

left() { muster get "/machines/$1/free/$2" --confirmed "${@:3}"; }

# What all counters of devices miss, in MiB.
missing_mib() {
  local id sum=0
  for id in "${machines[@]}"; do
    sum=$((sum + capacity - $(left "$id" devices/d)))
  done
  echo $((sum / mib))
}

# How many allocations a machine tells of, by default m1.
count() { muster alloc list -m "${1:-m1}" -o json | grep -oF '"id":' | wc -l; }

# accounts_agree MIB: all allocations are of that size, and the counters miss
# just these.
accounts_agree() {
  local each
  each=$(muster alloc list -m m1 -o json | grep -oE '"parts":\[[^]]*\]' \
    | grep -oE '"capacity_bytes":[0-9]+' | sort -u)
  [[ $each == "\"capacity_bytes\":$(($1 * mib))" ]] \
    || fail "allocations of other sizes: $each"
  local missing n
  missing=$(missing_mib)
  n=$(count)
  ((missing == n * $1)) || fail "$n of $1 MiB, but $missing MiB are missing"
}

release_all() {
  local id
  muster alloc list -m m2 -o json | grep -oE '\{"id":"[^"]*"' \
    | sed -E 's/.*:"(.*)"/\1/' | while read -r id; do
      muster alloc release "$id" -m m2 > "$work/released"
    done
}

alive() {
  local id
  for id in "$@"; do
    muster get "/machines/$id/alive" > "$work/alive" 2>&1 || return 1
  done
}

step 'five machines, their records, and links; m5 is linked with nobody'
expect 0 muster up --machines 5 --shards 8 --detach
{
  records m1 80000
  records m2 90000
  records m3 100000
  records m4 110000
  records m5 2000000
  link m1 s1
  link m2 s1
  link s1 s2
  link m3 s2
  link m4 s2
} > "$work/records.jsonl"
expect 0 muster load "$work/records.jsonl"
eventually 20 alive "${machines[@]}"
# What discovery would know of by itself.
expect 0 muster topology show -m m4
grep -qE '^m1 +machine +yes +s1$' "$work/stdout" \
  || fail "the topology is $(< "$work/stdout")"
expect 0 muster topology show --dot
said '"m1" -- "s1";'

step 'asked for at m3, found within two hops of m1'
expect 0 muster alloc create --capacity 64MiB --latency 5ms --hops 2 --from m1 \
  -m m3 -o json --id first
place=$(field machine < "$work/stdout")
[[ $place == m[12] ]] || fail "it is on $place"
[[ $(field device < "$work/stdout") == d ]] || fail 'another device'
(($(left "$place" devices/d) == capacity - 64 * mib)) \
  || fail "$place has $(left "$place" devices/d) left"
expect 0 muster alloc show first -m m5
grep -qE "^first +$place +d +64 MiB" "$work/stdout" \
  || fail "shown: $(< "$work/stdout")"

step 'again with its id, at another machine: the same one, reserved once'
expect 0 muster alloc create --capacity 64MiB --latency 5ms --hops 2 --from m1 \
  -m m4 -o json --id first
[[ $(field machine < "$work/stdout") == "$place" ]] || fail 'another machine'
[[ $(field found < "$work/stdout") == true ]] || fail 'it was made again'
(($(missing_mib) == 64)) || fail "$(missing_mib) MiB are missing"
expect 1 muster alloc create --capacity 65MiB -m m4 --id first
said 'is the allocation of another request'

step 'released, it is given back, once'
expect 0 muster alloc release first -m m2
expect 3 muster alloc release first -m m1
expect 3 muster alloc show first
(($(missing_mib) == 0)) || fail "$(missing_mib) MiB are missing"

step 'a refusal says which criterion excluded whom'
expect 4 muster alloc create --capacity 64MiB --latency 1us -m m2
grep -qE '^latency +5 +5$' "$work/stderr" || fail "$(< "$work/stderr")"
grep -qE '^m1 +d +latency: 80 us, wanted 1 us' "$work/stderr" \
  || fail "the nearest: $(< "$work/stderr")"
expect 0 muster alloc explain --capacity 64MiB --latency 1us -m m4
grep -qE '^latency +5 +5$' "$work/stdout" || fail "$(< "$work/stdout")"
expect 4 muster alloc create --cores 1 --hops 0 --from s2
expect 2 muster alloc create --capacity 64megs
said "--capacity: '64megs' has no unit of these"
expect 3 muster alloc create --cores 1 --hops 1 --from nowhere

step 'no path is another reason than too long a path'
expect 4 muster alloc create --capacity 1MiB --latency 1ms --hops 9 --from m5
grep -qE '^reachable +4 +4$' "$work/stderr" || fail "$(< "$work/stderr")"
said 'no path'
expect 4 muster alloc create --capacity 999MiB --cores 9 --hops 2 --from m4
grep -qE '^reachable +1 +1$' "$work/stderr" || fail "$(< "$work/stderr")"
grep -qE '^hops +2 +2$' "$work/stderr" || fail "$(< "$work/stderr")"

step 'replicas on racks of their own, cores and memory, all or nothing'
expect 0 muster alloc create --capacity 10MiB --cores 2.5 --memory 1MiB \
  --replicas 3 --spread rack --id three -m m1
(($(wc -l < "$work/stdout") == 4)) || fail "$(< "$work/stdout")"
(($(missing_mib) == 30)) || fail "$(missing_mib) MiB are missing"
place=$(awk 'NR == 2 { print $2 }' "$work/stdout")
(($(left "$place" cores) == 5500)) || fail "$(left "$place" cores) cores"
expect 4 muster alloc create --cores 1 --replicas 6
said '6 replicas are wanted'
expect 0 muster alloc release three -m m5
(($(missing_mib) == 0)) || fail "$(missing_mib) MiB are missing"
(($(left "$place" cores) == 8000)) || fail "$(left "$place" cores) cores"

step 'one with a duration ends by itself'
expect 0 muster alloc create --capacity 10MiB --duration 500ms --id short
expect 0 muster alloc create --capacity 10MiB --duration 1h --id long
ended() { ! muster alloc show short > "$work/shown" 2>&1; }
eventually 20 ended
(($(missing_mib) == 10)) || fail "$(missing_mib) MiB are missing"
expect 0 muster alloc show long
expect 0 muster alloc release long

step 'all machines at once: nothing is given away twice'
# There is room for 50.
reserve_many() {
  local i
  for i in {1..15}; do
    muster alloc create --capacity 100MiB -m "$1" \
      > "$work/out-$1" 2> "$work/err-$1" || (($? == 4)) \
      || { cat "$work/err-$1" >&2 && return 1; }
  done
}
clients=()
for id in "${machines[@]}"; do
  reserve_many "$id" &
  clients+=($!)
done
for client in "${clients[@]}"; do
  wait "$client" || fail 'a client was told something else than a refusal'
done
(($(count) == 50)) || fail "$(count) were made"
accounts_agree 100
expect 4 muster alloc create --capacity 100MiB -m m4
grep -qE '^capacity +5 +5$' "$work/stderr" || fail "$(< "$work/stderr")"
http 200 "http://127.0.0.1:$(port_of m4 http_port)/metrics"
grep -qE '^muster_allocations_placed_total [1-9]' "$work/stdout" \
  || fail 'no metric of allocations'
grep -qF 'muster_allocations_refused_by_total{criterion="capacity"} ' \
  "$work/stdout" || fail 'no metric of refusals'
grep -qF "muster_inventory_reserved_bytes $capacity" "$work/stdout" \
  || grep -qE '^muster_inventory_reserved_bytes 5\.?[0-9]*' "$work/stdout" \
  || fail 'no metric of what is reserved'
release_all
(($(missing_mib) == 0)) || fail "$(missing_mib) MiB are missing"

step 'a machine is killed while all ask: no leak, nothing twice'
# Their ids are their own, so what is not known is asked for again.
reserve_named() {
  local i
  for i in {1..12}; do
    muster alloc create --capacity 10MiB --id "$1-$i" -m "$1" \
      > "$work/out-$1" 2> "$work/err-$1" || true
  done
}
clients=()
for id in m1 m2 m3; do
  reserve_named "$id" &
  clients+=($!)
done
some() { (($(count m2) >= 3)); }
eventually 30 some
crash m4
some_more() { (($(count m2) >= 8)); }
eventually 60 some_more
crash m3
expect 0 muster up --detach
for client in "${clients[@]}"; do wait "$client" || true; done
eventually 30 alive "${machines[@]}"
decided() {
  muster alloc create --capacity 10MiB --id "$1" -m "$2" > "$work/again" 2>&1
}
for id in m1 m2 m3; do
  for i in {1..12}; do
    # Through another machine than the first time.
    eventually 30 decided "$id-$i" m5
  done
done
(($(count) == 36)) || fail "$(count) of 36 were made"
accounts_agree 10

step 'what was reserved is known after a restart of all'
crash m1 m2 m3 m4 m5
expect 0 muster up --detach
eventually 30 alive "${machines[@]}"
(($(count m3) == 36)) || fail "$(count m3) of 36 are known"
accounts_agree 10
release_all
(($(missing_mib) == 0)) || fail "$(missing_mib) MiB are missing"
(($(count) == 0)) || fail "$(count) are left"

step 'over HTTP'
base="http://127.0.0.1:$(port_of m2 http_port)"
token=$(< "$dir/m2/data/token")
http 200 -X POST -H "Authorization: Bearer $token" "$base/v1/allocations" \
  -d '{"id":"web","capacity_bytes":1048576}'
said '"found":false'
http 401 -X DELETE "$base/v1/allocations/web"
http 412 -X POST -H "Authorization: Bearer $token" "$base/v1/allocations" \
  -d '{"memory_bytes":1099511627776}'
said '"criterion":"memory"'
http 200 "$base/v1/allocations/web"
http 200 -X DELETE -H "Authorization: Bearer $token" "$base/v1/allocations/web"

step "Grid'5000: dry runs only, since none of its machines is started"
if [[ ! -f $grid5000 ]]; then
  echo "skipped: $grid5000 is not there"
  exit 0
fi
expect 0 muster load "$grid5000" --timeout 120s
expect 0 muster alloc create --capacity 1TiB --kind nvme-ssd --hops 2 \
  --from dahu-1 --dry-run -m m3
grep -qE '^[1-9][0-9]* of 17[0-9]+ candidates satisfy' "$work/stdout" \
  || fail "$(< "$work/stdout")"
grep -qE '^troll-1 +disk1 ' "$work/stdout" || fail "$(< "$work/stdout")"
expect 4 muster alloc create --capacity 1TiB --kind nvme-ssd --hops 2 \
  --from dahu-1 -m m3
grep -qE '^started +1728 ' "$work/stderr" || fail "$(< "$work/stderr")"
expect 4 muster alloc create --capacity 1TiB --kind nvme-ssd --hops 64 \
  --from m1 --dry-run
grep -qE '^reachable +[1-9]' "$work/stdout" || fail "$(< "$work/stdout")"
expect 0 muster alloc create --cores 1 -m m1
said '939 machines are not started'
