# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced by tests with a cluster of real processes. Makes a folder
# `$work` that goes at the end, and stops the cluster in `$dir` whatever
# happens. The programs are in MUSTER_BIN.

# shellcheck source=tests/eventually.sh
source "$(dirname "${BASH_SOURCE[0]}")/eventually.sh"

bin=${MUSTER_BIN:-build/bin}
work=$(mktemp -d)
dir=$work/cluster
paused=()
# Most tests compare all records, or what a watch of all is told.
export MUSTER_PRESENCE_TTL=0s
export MUSTER_INVENTORY=false
# The number of an `up` in the foreground, if a test has started one.
up=''

muster() { timeout 180 "$bin/muster" --dir "$dir" "$@"; }

fail() {
  echo "FAILED: $*" >&2
  exit 1
}

step() { printf -- '-- %s\n' "$*"; }

# expect STATUS COMMAND...: runs it, its exit status must be that. What it says
# is in $work/stdout and $work/stderr.
expect() {
  local wanted=$1 status=0
  shift
  "$@" > "$work/stdout" 2> "$work/stderr" || status=$?
  if ((status != wanted)); then
    cat "$work/stdout" "$work/stderr" >&2
    fail "exit status $status instead of $wanted: $*"
  fi
}

# said TEXT: the last `expect` printed it.
said() {
  if ! grep -qF -- "$1" "$work/stdout" "$work/stderr"; then
    cat "$work/stdout" "$work/stderr" >&2
    fail "it did not say: $1"
  fi
}

# field NAME: the first member of that name in the JSON of stdin, without
# quotes.
field() {
  grep -oE "\"$1\":(\"[^\"]*\"|[^,}]*)" | head -n 1 \
    | sed -E 's/^"[^"]*"://; s/^"//; s/"$//'
}

# http STATUS ARGUMENT...: curl, whose answer must have that status. What it
# says is where `expect` leaves it.
http() {
  local status
  status=$(curl -s -o "$work/stdout" -w '%{http_code}' --path-as-is \
    -m 10 "${@:2}") || true
  : > "$work/stderr"
  [[ $status == "$1" ]] \
    || fail "HTTP $status instead of $1: $(< "$work/stdout")"
}

# port_of MACHINE peer_port|http_port
port_of() {
  tr -d '\n ' < "$dir/cluster.json" | grep -oE "\"id\":\"$1\"[^}]*" \
    | field "$2"
}

milliseconds() { echo $((${EPOCHREALTIME/[.,]/} / 1000)); }

# primary_of KEY [OPTION...]: the machine that is the key's home.
primary_of() { muster get "$1" --confirmed -o json "${@:2}" | field served_by; }

pid_of() { field pid < "$dir/$1/process.json"; }

gone() { # <pid...>
  local pid
  for pid in "$@"; do
    if [[ -e /proc/$pid ]] && ! grep -qs ') Z ' "/proc/$pid/stat"; then
      return 1
    fi
  done
}

# crash MACHINE...: kill -9, until the processes have gone: a signal is only
# sent, and `up` would find their ports in use.
crash() {
  local id doomed=()
  for id in "$@"; do doomed+=("$(pid_of "$id")"); done
  kill -KILL "${doomed[@]}"
  eventually 10 gone "${doomed[@]}"
}

pause() {
  kill -STOP "$(pid_of "$1")"
  paused+=("$1")
}

resume() {
  kill -CONT "$(pid_of "$1")"
  paused=()
}

# The processes of the cluster, whoever started them, as /proc/PID/cmdline.
processes() { grep -lsF -- "$dir/" /proc/[0-9]*/cmdline || true; }

# Every record, one a line, without who served it.
dump() {
  muster ls / -o json "$@" | sed -E 's/\},\{/},\n{/g; s/^\[//; s/\]$//' \
    | sed -E 's/,"epoch".*//'
}

end_of_test() {
  local status=$? log
  for machine in "${paused[@]}"; do
    kill -CONT "$(pid_of "$machine")" 2> /dev/null || true
  done
  if ((status != 0)) && [[ -d $dir ]]; then
    for log in "$dir"/*/log "$work"/*-log; do
      [[ -f $log ]] || continue
      printf '== the end of %s\n' "$log"
      tail -n 15 "$log"
    done >&2
  fi
  if [[ -n $up ]]; then
    kill "$up" 2> /dev/null || true
    wait "$up" || true
  fi
  if [[ -f $dir/cluster.json ]]; then
    muster down > /dev/null || status=1
  fi
  rm -rf "$work"
  exit "$status"
}
trap end_of_test EXIT
