// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace muster::sim {

/// The bytes of a record; empty optional = the key is absent.
using record_value = std::optional<std::string>;

enum class operation_kind : uint8_t { read, write, cas, erase, add, list };

/// What the client was told.
enum class answer : uint8_t {
  /// It was done; the version says where in the order.
  ok,
  /// A guard or a limit did not hold; nothing was changed. It is a read.
  refused,
  /// It takes effect at some time after the call, once or never.
  unknown,
  /// It surely never takes effect, and says nothing about the record.
  failed,
};

/// What a write demands of the record that it replaces.
struct guard {
  enum class kind : uint8_t { none, version, value, absent };

  kind on = kind::none;
  uint64_t version = 0;
  std::string value;
};

/// One record of a listing.
struct listed_row {
  std::string key;
  std::string value;
  uint64_t version = 0;
};

/// One operation of one client on one key; a command over several keys is one
/// operation for each, with the same client, call and version.
struct operation {
  std::string client;
  /// For a listing the prefix, without `/` at its end; "/" is everything.
  std::string key;
  operation_kind kind = operation_kind::read;
  answer outcome = answer::ok;
  guard demanded;
  /// The value that `write` and `cas` store; empty for all others.
  record_value written;
  /// `add` only: what it adds to the decimal counter (absent = 0) and between
  /// which limits the sum has to stay.
  int64_t delta = 0;
  int64_t floor = std::numeric_limits<int64_t>::min();
  int64_t ceiling = std::numeric_limits<int64_t>::max();
  /// `read`: the value; `add`: the counter after it.
  record_value seen;
  /// `read`: the record's version, 0 = absent. A write that was done: its
  /// sequence number. A refusal: the version that refused it, if it was told.
  std::optional<uint64_t> version;
  /// On one clock for the whole history. A return at the very time of a call
  /// does not come before it.
  int64_t call_ns = 0;
  int64_t return_ns = std::numeric_limits<int64_t>::max();
  /// `primary`, `backup`, `copy`, or empty.
  std::string served_from;
  /// `list` only, sorted by key.
  std::vector<listed_row> rows;
  /// The shard of the key, for what holds across the keys of a shard; none =
  /// the key is judged by itself.
  std::optional<uint32_t> shard;
};

using history = std::vector<operation>;

/// Whether `x` changes the record if it takes effect.
inline bool is_write(const operation& x) {
  return x.kind != operation_kind::read && x.kind != operation_kind::list;
}

/// Whether `key` lies under `prefix`, which ends at a segment.
bool covers(const std::string& prefix, const std::string& key);

/// Whether the guard of `x` holds on a record; a record that is there but has
/// an unknown version is told by `version` 0.
bool guard_holds(const guard& x, const record_value& value, uint64_t version);

/// What `x` makes of a record; none = it would be refused (its limits, or not
/// a counter). @pre is_write(x)
std::optional<record_value> effect(const operation& x,
                                   const record_value& before);

/// One line for a person: who did what, when, with which answer.
std::string describe(const operation& x);

} // namespace muster::sim
