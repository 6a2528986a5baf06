// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/local_copies.hpp"
#include "registry/policy_book.hpp"

#include <atomic>
#include <cstdint>

namespace muster {

class shard_replica;

/// The policies in force, as all actors of one machine see them.
///
/// The actors that hold a copy or a replica of the policies show it here before
/// they let an acknowledgement leave, and the agent looks here before each of
/// its inputs. A message between them would not do: the acknowledgement could
/// be on its way around the cluster and back before the agent had it.
///
/// Of the actors' one thread, but for the counts.
class policy_board {
public:
  explicit policy_board(uint32_t shard_count);

  /// Where the policies are.
  shard_id shard() const {
    return shard_;
  }

  const policy_book& book() const {
    return book_;
  }

  /// After each input of the replica of the policies' shard.
  /// @param leased  it is a backup that serves reads
  /// @returns whether the policies are others than before: tell the agent
  bool look(const shard_replica& x, bool leased);

  /// After each input of the copies. @returns the same
  bool look(const local_copies& x);

  void count_silent() {
    silent_.fetch_add(1, std::memory_order_relaxed);
  }

  void count(uint64_t committed, bool stale) {
    observed_.store(committed, std::memory_order_relaxed);
    stale_.store(stale, std::memory_order_relaxed);
  }

  // Thread-safe.

  /// How often a machine that a policy names was silent.
  uint64_t silent_count() const {
    return silent_.load(std::memory_order_relaxed);
  }

  /// Commands that this machine took note of for policies.
  uint64_t observed_count() const {
    return observed_.load(std::memory_order_relaxed);
  }

  bool stale() const {
    return stale_.load(std::memory_order_relaxed);
  }

private:
  shard_id shard_;
  policy_book book_;
  replica_policies lens_;
  /// Whether the replica that was looked at last had all that is committed.
  bool whole_ = false;
  uint64_t copies_version_ = 0; // that was looked at
  std::atomic<uint64_t> silent_{0};
  std::atomic<uint64_t> observed_{0};
  std::atomic<bool> stale_{false};
};

} // namespace muster
