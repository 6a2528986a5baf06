// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/log_entry.hpp"

#include <map>
#include <string>
#include <vector>

namespace muster::sim {

/// The committed changes of records, by shard and sequence, as any replica's
/// log has them: what watchers must be told.
///
/// Not thread-safe.
class change_book {
public:
  struct change {
    std::string value;
    bool erased = false;
  };

  /// By key; empty: an entry that changes no record.
  using entry = std::map<std::string, change>;

  /// A committed entry; may be told again.
  void add(shard_id shard, const log_entry& x);

  /// The changes in (`after`, `upto`]; null: some entry was never seen.
  /// The pointers stay good.
  std::vector<std::pair<sequence, const entry*>>
  between(shard_id shard, sequence after, sequence upto, bool& whole) const;

private:
  std::map<shard_id, std::map<sequence, entry>> entries_;
};

} // namespace muster::sim
