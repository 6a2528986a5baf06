// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/load_line.hpp"

#include <cstdint>
#include <functional>
#include <iosfwd>
#include <memory>
#include <string>

namespace muster::cli {

// A backup is lines of JSON, so that any tool can read it:
//
//   {"muster_backup":1,"shards":64,"created":"2026-11-23T05:10:00Z"}
//   {"key":"/a/b","value":"..."}            one a record; or `value_base64`
//   {"records":1,"xxh3":"0123456789abcdef"} of all bytes before this line
//
// It is read as a whole or not at all.

/// What the first line says, for people.
struct backup_head {
  uint32_t shards = 0;
  /// UTC, ISO 8601.
  std::string created;
};

/// XXH3 of all that was added.
class running_hash {
public:
  running_hash();
  ~running_hash();

  void add(const std::string& bytes);

  /// 16 hexadecimal digits.
  std::string text() const;

private:
  struct state;

  std::unique_ptr<state> state_;
};

/// Writes one backup: the head, records, the end. Errors of the stream are the
/// caller's to look at. Not thread-safe.
class backup_writer {
public:
  backup_writer(std::ostream& to, const backup_head& head);

  void add(const loaded_record& x);

  /// Nothing can be added after it.
  void finish();

  uint64_t records() const {
    return records_;
  }

private:
  void write(std::string line);

  std::ostream& to_;
  running_hash hash_;
  uint64_t records_ = 0;
};

/// Reads a backup from the beginning of `in` to its end.
///
/// @param take  gets each record and its line's number, before the end's
///        checksum is known; returns false to stop, which is no error
/// Errors: `invalid_argument` (not a backup, or of a newer version),
/// `corrupt` (cut off or changed, with the line's number).
status read_backup(std::istream& in,
                   const std::function<bool(size_t line, loaded_record)>& take);

} // namespace muster::cli
