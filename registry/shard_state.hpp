// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/log_entry.hpp"
#include "registry/messages.hpp"
#include "registry/remembered_ids.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// The committed state of a shard: what its log up to `committed` makes of the
/// empty state. Records, de-duplication and its floor, as rows for checkpoints
/// and snapshots.
///
/// Rows: `h` -> committed, term, log hash, floor (4 x 8 bytes, big-endian);
/// `r<key>` -> version (8 bytes), value; `d<sequence / 256>` -> what is
/// remembered of these 256 sequences, ascending: sequence (8), outcome (1) with
/// the bit 0x80 if a digest follows, digest (4), count of counters (2),
/// counters (8 each), length of the id (2), id.
///
/// Invariant: two states with the same `committed` of one log have the same
/// rows. Not thread-safe; owned by one shard core.
class shard_state {
public:
  using record_map = std::map<std::string, record, std::less<>>;

  sequence committed() const {
    return committed_;
  }

  sequence floor() const {
    return floor_;
  }

  const record_map& records() const {
    return records_;
  }

  /// Null: absent.
  const record* find(const std::string& key) const;

  /// Null: never seen or forgotten.
  const remembered* find(const command_id& id) const;

  /// How many ids are remembered.
  size_t remembered_count() const {
    return ids_.size();
  }

  /// Applies the entry committed + 1 with the log's hash after it.
  void apply(const log_entry& entry, uint64_t hash);

  /// Rows changed since the last call: a checkpoint. Empty `value` with
  /// `erased` set means delete the row.
  struct changed_row {
    std::string key;
    std::string value;
    bool erased = false;
  };
  std::vector<changed_row> take_changes();

  /// All rows, in order: a snapshot.
  std::vector<snapshot_row> rows() const;

  /// Replaces everything. @returns false if a row is malformed
  bool load(const std::vector<snapshot_row>& rows);

  term last_term() const {
    return last_term_;
  }

  uint64_t last_hash() const {
    return last_hash_;
  }

private:
  void remember(const log_entry& entry);
  std::string head_row() const;
  /// Empty: nothing of the block is remembered.
  std::string block_row(uint64_t block) const;
  void add_changed_blocks(std::vector<changed_row>& to);
  bool load_row(const snapshot_row& row);
  bool load_block(std::string_view value);

  sequence committed_;
  term last_term_;
  uint64_t last_hash_ = 0;
  sequence floor_;
  record_map records_;
  remembered_ids ids_;
  // Since the last checkpoint: written keys, perhaps several times; and what
  // was committed and forgotten then.
  std::vector<std::string> dirty_keys_;
  sequence clean_upto_;
  sequence clean_floor_;
};

} // namespace muster
