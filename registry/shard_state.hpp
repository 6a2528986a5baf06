// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/log_entry.hpp"
#include "registry/messages.hpp"
#include "registry/remembered_ids.hpp"
#include "registry/transaction.hpp"

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// The committed state of a shard: what its log up to `committed` makes of the
/// empty state. Records, de-duplication and its floor, prepared parts with
/// their locks and open decisions, as rows for checkpoints and snapshots.
///
/// Rows: `h` -> committed, term, log hash, floor (4 x 8 bytes, big-endian);
/// `r<key>` -> version (8 bytes), value; `d<sequence / 256>` -> what is
/// remembered of these 256 sequences, ascending: sequence (8), outcome (1) with
/// the bits 0x80 if a digest follows and 0x40 if the other operations were
/// done, digest (4), count of counters (2), counters (8 each), length of the id
/// (2), id; `p<id>` and `o<id>` -> a prepared part and an open decision, see
/// `transaction_rows.hpp`.
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

  /// By id; their keys are locked (P2).
  const std::map<std::string, prepared_part>& prepared() const {
    return prepared_;
  }

  /// By id (P3).
  const std::map<std::string, open_decision>& open_decisions() const {
    return open_decisions_;
  }

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
  void apply_effects(const log_entry& entry);
  void apply_part(const log_entry& entry);
  void remember(const log_entry& entry);
  void add_changed_parts(std::vector<changed_row>& to);
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
  std::map<std::string, prepared_part> prepared_;
  std::map<std::string, open_decision> open_decisions_;
  // Since the last checkpoint: written keys, perhaps several times; and what
  // was committed and forgotten then.
  std::vector<std::string> dirty_keys_;
  std::set<std::string> dirty_parts_; // ids
  sequence clean_upto_;
  sequence clean_floor_;
};

} // namespace muster
