# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# To be sourced by tests with real processes.

# eventually SECONDS COMMAND...: runs the command every 0.1 s until it succeeds;
# 1 if it did not in that time. The one place of the scripts that may sleep.
eventually() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@"; do
    if ((SECONDS >= deadline)); then
      echo "not within the time given: $*" >&2
      return 1
    fi
    sleep 0.1
  done
}
