// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/log_entry.hpp"
#include "registry/messages.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

namespace muster {

/// What de-duplication remembers of a command (C3).
struct remembered {
  outcome what = outcome::committed;
  sequence at;
  std::vector<int64_t> counters;
};

/// The committed state of a shard: what its log up to `committed` makes of the
/// empty state. Records, de-duplication and its floor, as rows for checkpoints
/// and snapshots.
///
/// Rows: `h` -> committed, term, log hash, floor (4 x 8 bytes, big-endian);
/// `r<key>` -> version (8 bytes), value; `d<sequence>` -> outcome (1 byte),
/// count of counters (8 bytes), counters, command id.
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

  /// The sequence of the oldest remembered command.
  std::optional<sequence> oldest_remembered() const;

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

  size_t changed_count() const {
    return dirty_keys_.size() + dirty_ids_.size();
  }

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
  void forget_upto(sequence floor);
  std::string head_row() const;
  std::string id_row(const std::string& id, const remembered& x) const;
  bool load_row(const snapshot_row& row);

  sequence committed_;
  term last_term_;
  uint64_t last_hash_ = 0;
  sequence floor_;
  record_map records_;
  std::unordered_map<std::string, remembered> ids_; // look-ups only
  std::map<sequence, std::string> by_sequence_;
  std::set<std::string, std::less<>> dirty_keys_;
  std::set<sequence> dirty_ids_;
};

} // namespace muster
