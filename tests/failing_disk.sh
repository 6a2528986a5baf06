# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced by tests with a cluster of real processes: one machine of it,
# started by hand, has its store on a disk that fails when the test says so
# (tests/cluster/failing_disk.cpp).

# shellcheck source=tests/real_cluster.sh
source "$(dirname "${BASH_SOURCE[0]}")/real_cluster.sh"

# start_failing MACHINE: sets `up`; what it says goes to $work/MACHINE-log.
start_failing() {
  LD_PRELOAD=$(realpath "$bin/failing_disk.so") \
    ASAN_OPTIONS=verify_asan_link_order=0 \
    MUSTER_DISK_FAULT=$work/fault \
    MUSTER_DISK_UNDER=$(realpath "$dir")/$1/data/store/ \
    "$bin/musterd" --config "$dir/$1/machine.toml" >> "$work/$1-log" 2>&1 &
  up=$!
}

# stop_failing: in order.
stop_failing() {
  kill "$up"
  ends_with 0
}

# ends_with STATUS: the machine started by hand ends.
ends_with() {
  local status=0
  eventually 60 not_running "$up"
  wait "$up" || status=$?
  up=''
  ((status == $1)) || fail "the machine ended with $status instead of $1"
}

not_running() { # <pid>
  [[ ! -e /proc/$1 || $(cut -d ' ' -f 3 "/proc/$1/stat") == Z ]]
}

# stop_of_up MACHINE: the one that `up` started.
stop_of_up() {
  local pid
  pid=$(pid_of "$1")
  kill "$pid"
  eventually 30 not_running "$pid"
}

# disk WORD: it fails in that way from now on. disk well: no more.
disk() {
  if [[ $1 == well ]]; then
    rm -f "$work/fault"
  else
    echo "$1" > "$work/fault.new"
    mv "$work/fault.new" "$work/fault"
  fi
}

# in_log MACHINE PATTERN: it has said so.
in_log() { grep -qE -- "$2" "$work/$1-log"; }
