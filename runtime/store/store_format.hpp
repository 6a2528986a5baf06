// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/ports/store.hpp"
#include "runtime/store/log_index.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

// What a store's LevelDB contains. Numbers in keys are big-endian, so that
// LevelDB's order is theirs; numbers in values are little-endian.
//
//   key                          value
//   "g/" group number (8)        a group commit, see below
//   "h/" shard (4)               a shard's header, see below
//   "i"                          the store's id (8), under an envelope
//   "n"                          the owner's note, under an envelope
//   "s/" shard (4) row key       a row of the checkpointed state, as given
//
// Groups, headers, the id and the note lie under one kind of envelope:
//
//   offset  size  what
//        0     2  format version, 1
//        2     2  0
//        4     4  count: changes of a group, 0 elsewhere
//        8     8  XXH3-64 of [0, 8) and the payload, seeded with the group's
//                 number, the shard or 0, so that a value under another's key
//                 is noticed as well
//       16     n  payload: a Boost binary archive without header
//
// Every version keeps the envelope, so that a newer format is not taken for
// damage: its error is `invalid_argument`, all others are `corrupt`.
//
// All of that is checked before the payload is decoded. Payloads, field by
// field in the archive's native little-endian representation:
//
//   group    for each change: kind (1) shard (4) at (8) bytes (8 + n)
//   header   checkpoint (8) floor group (8) floor ordinal (4) meta (8 + n)
//   id       the number (8)
//   note     text (8 + n)

namespace muster::store_format {

std::string group_key(uint64_t number);
std::string header_key(shard_id shard);
std::string row_key(shard_id shard, std::string_view key);

/// The key under which the store's id lies.
constexpr std::string_view id_key = "i";

/// The key under which the owner's note lies.
constexpr std::string_view note_key = "n";

constexpr std::string_view group_prefix = "g/";
constexpr std::string_view header_prefix = "h/";
constexpr std::string_view row_prefix = "s/";

/// The number at the end of a `group_key` or `header_key`, or at `offset` of a
/// `row_key`. @pre the key is long enough
uint64_t number_in_key(std::string_view key, size_t offset, size_t size);

/// Encodes one group after the other into one buffer that it keeps. Not
/// thread-safe.
class group_encoder {
public:
  group_encoder();
  ~group_encoder();

  /// Begins group `number`; forgets the one before.
  void begin(uint64_t number);

  void add(const store_change& x);

  /// Seals the envelope. The result is valid until the next `begin`.
  std::string_view finish();

  size_t count() const {
    return count_;
  }

  size_t size_bytes() const {
    return buffer_.size();
  }

private:
  struct archive;

  uint64_t number_ = 0;
  uint32_t count_ = 0;
  std::string buffer_;
  std::unique_ptr<archive> archive_;
};

/// Calls `then` for each change of an encoded group; stops at its first error
/// and returns it. Error: `corrupt` if the envelope does not hold.
status decode_group(uint64_t number, std::string_view value,
                    const std::function<status(store_change)>& then);

/// A shard's state as of its last checkpoint, beside the rows.
struct shard_header {
  sequence checkpoint;
  /// Changes of the shard before this position are superseded.
  log_position floor;
  std::string meta;
};

std::string encode_header(shard_id shard, const shard_header& x);
result<shard_header> decode_header(shard_id shard, std::string_view value);

std::string encode_id(store_id x);
result<store_id> decode_id(std::string_view value);

std::string encode_note(const std::string& x);
result<std::string> decode_note(std::string_view value);

} // namespace muster::store_format
