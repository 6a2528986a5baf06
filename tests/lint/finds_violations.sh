#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# Plants one violation of each rule in a tree that is otherwise clean, and
# expects scripts/lint to report that one and nothing else.

set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
failures=0
spdx='// SPDX-License-Identifier: Apache-2.0'

# The violations are put together from parts, so that lint does not find them
# in this script.
undone='TO''DO'
pause='sle''ep'

clean_tree() {
  rm -rf "${tree:?}"/*
  mkdir -p "$tree"/{scripts,registry,actors,runtime/ports,tests/unit/registry}
  cp "$root/.clang-format" "$tree/"
  header registry/key.hpp 'struct key {};'
  source_file registry/key.cpp '#include "registry/key.hpp"'
}

header() { # <path> <line>...
  printf '%s\n\n#pragma once\n\n' "$spdx" > "$tree/$1"
  printf '%s\n' "${@:2}" >> "$tree/$1"
}

source_file() { # <path> <line>...
  printf '%s\n\n' "$spdx" > "$tree/$1"
  printf '%s\n' "${@:2}" >> "$tree/$1"
}

lines() { # <count> <text>
  local i
  for ((i = 0; i < $1; i++)); do printf '%s\n' "$2"; done
}

# Runs lint; the findings must be exactly the one expected (or none).
expect() { # <case> <expected finding, a pattern, or nothing>
  local found status=0
  found=$("$root/scripts/lint" --in "$tree" 2> "$tree/stderr") || status=$?
  if [[ -z $2 && $status -eq 0 && -z $found ]]; then return; fi
  # shellcheck disable=SC2053 # the right side is a pattern
  if [[ -n $2 && $status -eq 1 && $(wc -l <<< "$found") -eq 1 \
    && $found == $2 ]]; then return; fi
  printf 'FAILED: %s\n  expected: %s\n  status %s, found: %s\n' \
    "$1" "${2:-nothing}" "$status" "$found"
  cat "$tree/stderr"
  failures=$((failures + 1))
}

violation() { # <case> <pattern> <path> <line>...
  clean_tree
  source_file "$3" "${@:4}"
  expect "$1" "$2"
}

clean_tree
expect 'a clean tree' ''

# -- formatting, head lines, sizes ---------------------------------------------

violation 'format' 'registry/a.cpp:3: not as clang-format has it' \
  registry/a.cpp 'int  a;'
violation 'width' 'registry/a.cpp:3: wider than 80 columns' \
  registry/a.cpp "// $(printf 'x%.0s' {1..80})"
violation 'two SPDX lines' 'registry/a.cpp:1: 2 SPDX lines*' \
  registry/a.cpp "$spdx"
violation 'pragma once in a source' 'registry/a.cpp:1: #pragma once in*' \
  registry/a.cpp '#pragma once'

clean_tree
echo 'int a;' > "$tree/registry/a.cpp"
expect 'no SPDX line' 'registry/a.cpp:1: 0 SPDX lines*'

clean_tree
printf '%s\n\nstruct key {};\n' "$spdx" > "$tree/registry/key.hpp"
expect 'no pragma once' 'registry/key.hpp:1: 0 lines of #pragma once*'

violation 'a function of 71 lines' \
  'registry/a.cpp:4: a function of 71 lines, the limit is 70' \
  registry/a.cpp 'int x;' 'int f(int a) {' "$(lines 68 '  a++;')" \
  '  return a;' '}'
violation 'a long method after braces in a string' \
  'registry/a.cpp:6: a function of 71 lines, the limit is 70' \
  registry/a.cpp 'namespace n {' 'struct s {' '  const char* t = R"({{)";' \
  '  int f(int a) {' "$(lines 68 '    a++;')" '    return a;' '  }' '};' \
  '} // namespace n'
violation 'a function of 70 lines' '' \
  registry/a.cpp 'int f(int a) {' "$(lines 67 '  a++;')" '  return a;' '}'
violation 'a class of 100 lines with short functions' '' \
  registry/a.cpp 'struct s {' "$(lines 98 '  void f();')" '};'
violation 'a file of 501 lines' \
  'registry/a.cpp:1: 501 lines, the limit is 500: split it' \
  registry/a.cpp "$(lines 499 'int f();')"

# -- who includes whom ---------------------------------------------------------

include() { # <case> <pattern> <path> <include>
  clean_tree
  header runtime/ports/clock.hpp 'struct a {};'
  header actors/shell.hpp '#include "runtime/ports/clock.hpp"'
  mkdir -p "$tree/cli"
  header cli/print.hpp 'struct b {};'
  source_file cli/print.cpp '#include "cli/print.hpp"' \
    '' '#include "actors/shell.hpp"'
  source_file "$3" "#include $4"
  expect "$1" "$2"
}

include 'a core with CAF' 'registry/a.cpp:3: registry must not include <caf*' \
  registry/a.cpp '<caf/actor.hpp>'
include 'a core with a thread' 'registry/a.cpp:3: registry must not*thread>' \
  registry/a.cpp '<thread>'
include 'a core with a port' 'registry/a.cpp:3: registry must not include *' \
  registry/a.cpp '"runtime/ports/clock.hpp"'
include 'the registry with xxhash' '' registry/a.cpp '<xxhash.h>'
include 'actors with Boost' 'actors/a.cpp:3: actors must not include <boost*' \
  actors/a.cpp '<boost/asio.hpp>'
include 'actors with CAF' '' actors/a.cpp '<caf/actor.hpp>'
include 'actors with the runtime' 'actors/a.cpp:3: actors must not include *' \
  actors/a.cpp '"runtime/store/store.hpp"'
include 'a port with CAF' 'runtime/ports/a.cpp:3: ports must not include *' \
  runtime/ports/a.cpp '<caf/actor.hpp>'
include 'the runtime with the command line' \
  'runtime/a.cpp:3: runtime must not include "cli/print.hpp"' \
  runtime/a.cpp '"cli/print.hpp"'
include 'a test with the command line' '' \
  tests/unit/registry/a.cpp '"cli/print.hpp"'
include 'a path not from the root' \
  'registry/a.cpp:3: "key.hpp" is not a path from the project'"'"'s root' \
  registry/a.cpp '"key.hpp"'
violation 'a core that reads a clock' \
  'registry/a.cpp:3: a core reads no clock*' \
  registry/a.cpp 'auto t = std::chrono::steady_clock::now();'

# -- leftovers -----------------------------------------------------------------

violation 'left undone' 'registry/a.cpp:3: left undone*' \
  registry/a.cpp "// $undone: more"
violation 'a pause in a C++ test' 'tests/unit/registry/a.cpp:4: a sleep*' \
  tests/unit/registry/a.cpp 'void f() {' "  ${pause}_for(1);" '}'

clean_tree
printf '#!/bin/sh\n# %s\n%s 1\n' "${spdx#// }" "$pause" > "$tree/scripts/wait"
expect 'a pause in a script' 'scripts/wait:3: a sleep*'

clean_tree
printf '#!/bin/bash\n# %s\ncd /tmp\n' "${spdx#// }" > "$tree/scripts/unsafe"
expect 'an unsafe script' 'scripts/unsafe:3: *SC2164*'

# -- dead files and pages ------------------------------------------------------

clean_tree
header registry/unused.hpp 'struct unused {};'
expect 'a header that nobody includes' 'registry/unused.hpp:1: no file *'

clean_tree
mkdir -p "$tree/registry/deeper"
source_file registry/deeper/a.cpp 'int a;'
expect 'a source outside of all targets' 'registry/deeper/a.cpp:1: no target *'

clean_tree
printf '# One\n\n# Two\n' > "$tree/page.md"
expect 'two titles' 'page.md:1: 2 titles, one is right'

clean_tree
printf 'Hello.\n\n# One\n' > "$tree/page.md"
expect 'text before the title' 'page.md:1: a page begins with its title'

clean_tree
printf '# One\n\n[two](two.md) and [one](page.md#one)\n' > "$tree/page.md"
expect 'a dead link' 'page.md:1: links to two.md, which does not exist'

clean_tree
printf '# One\n\n```sh\n# a comment\n```\n' > "$tree/page.md"
expect 'a comment in a code block' ''

if ((failures > 0)); then
  echo "$failures cases failed"
  exit 1
fi
echo 'every planted violation was found'
