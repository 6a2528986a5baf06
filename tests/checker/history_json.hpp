// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "tests/checker/history.hpp"

#include <iosfwd>

namespace muster::sim {

// A history as JSON lines, one operation a line, which any checker can read:
//
//   client     string; a client takes a new name after an unknown outcome
//   key        string; for a listing the prefix
//   op         "read" | "write" | "cas" | "delete" | "add" | "list"
//   arg        write: the value. cas: [expected, new]. delete: [expected]
//              if it has a guard. add: [delta, floor, ceiling]. null = absent
//   ret        read, add: the value. cas, delete: whether it was done.
//              list: [[key, value, version] ...]. null = absent, or no answer
//   call_ns    integer; return_ns: integer, null if unknown
//   status     "ok" | "unknown" | "fail" (surely never takes effect)
//   version    integer or null: as in `operation`
//   served_from  "primary" | "backup" | "copy" | ""
//
// Members of our own, left out where they do not apply: `if_version` (the
// guard is on this version), `shard`, `refused` (a refused write or add).
// Values are UTF-8.

/// Writes one line with its end.
void write_json_line(std::ostream& out, const operation& x);

void write_json_lines(std::ostream& out, const history& xs);

/// Reads until the end. Errors: `invalid_argument` names the line.
result<history> read_json_lines(std::istream& in);

} // namespace muster::sim
