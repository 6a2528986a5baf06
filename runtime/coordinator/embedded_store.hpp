// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/options.hpp"
#include "runtime/ports/coordinator.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace leveldb {

class DB;
class WriteBatch;

} // namespace leveldb

namespace muster {

/// The keys of a single machine's coordinator in one LevelDB directory, with
/// etcd's revisions. LevelDB's LOCK file keeps a second process out. Every
/// change is one synchronous write.
///
/// Life cycle: `open`, then calls until one fails to write; from then on every
/// call is `unavailable`, because memory and disk may differ until it is opened
/// again.
///
/// Invariants:
/// 1. The revision on disk is that of the newest change, also after a crash.
/// 2. No key has a revision above it.
///
/// Not thread-safe; owned by one `embedded_coordinator`, whose worker calls it.
class embedded_store {
public:
  /// What a change did.
  struct change {
    coordinator_txn_answer answer;
    /// Written or deleted, if it succeeded.
    std::vector<std::string> keys;
  };

  /// Makes the directory if it does not exist.
  /// @returns `in_use` if another process has it, `corrupt` if its bytes fail
  ///          their check or have another format, `io` otherwise
  static result<std::unique_ptr<embedded_store>>
  open(const embedded_options& options);

  embedded_store(const embedded_store&) = delete;
  embedded_store& operator=(const embedded_store&) = delete;
  ~embedded_store();

  /// @returns `unavailable` if the disk or a checksum says no
  result<coordinator_range> range(const std::string& prefix) const;

  /// @pre `request` keeps the rules of `request_rules.hpp`
  /// @returns `unavailable`: surely not applied; `unknown`: the write failed,
  ///          a later `open` tells
  result<change> apply(const coordinator_txn& request);

  /// Deletes all bound keys, as one change.
  /// @returns as `apply`
  result<change> drop_bound();

  uint64_t revision() const {
    return revision_;
  }

private:
  struct stored;

  embedded_store();

  status load();
  result<stored> read(const std::string& key) const;
  result<bool> holds(const coordinator_txn& request) const;
  result<change> write(leveldb::WriteBatch& batch,
                       std::vector<std::string> keys);
  status usable() const;

  std::unique_ptr<leveldb::DB> db_;
  uint64_t revision_ = 1;
  bool has_failed_ = false;
};

} // namespace muster
