// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/lease_keeper.hpp"

#include <cstddef>
#include <cstdint>

namespace muster {

/// Limits and times of one shard's replication.
struct shard_options {
  /// Of the cluster; submissions are checked against it.
  uint32_t shard_count = 64;
  lease_options lease;
  /// C2: with fewer in-sync replicas writes are refused.
  uint32_t min_copies = 2;
  /// Undecided entries; more are answered `overloaded`.
  size_t pending_max = 4096;
  /// Bytes of undecided entries.
  size_t pending_bytes_max = 32 * 1024 * 1024;
  /// Attempts that wait for one undecided command.
  size_t waiting_max = 16;
  /// T6: a replica or holder that has not acknowledged for so long is dropped.
  nanoseconds ack_timeout = std::chrono::seconds{1};
  /// A message without an answer is sent again after this.
  nanoseconds resend = std::chrono::milliseconds{400};
  /// P1: the votes of a command over several shards are waited for so long; in
  /// this time a dead holder is expelled and a dead home replaced.
  nanoseconds votes_max = std::chrono::milliseconds{3500};
  /// A backup asks to take over when its primary has been silent for this.
  nanoseconds primary_silence = std::chrono::milliseconds{1200};
  /// The step between the replicas' turns at a takeover.
  nanoseconds takeover_step = std::chrono::milliseconds{700};
  /// A planned move waits so long for undecided commands; those that are left
  /// are decided by the next primary (L4).
  nanoseconds drain_max = std::chrono::milliseconds{100};
  /// A planned move that gets no further for so long is given up.
  nanoseconds move_patience = std::chrono::seconds{10};
  /// Entries and bytes after which a checkpoint is written.
  size_t checkpoint_entries = 1024;
  size_t checkpoint_bytes = 1024 * 1024;
  /// Bytes of committed entries kept in memory for replicas that rejoin.
  size_t window_bytes = 256 * 1024;
  /// Bytes in one message of entries, records or snapshot rows.
  size_t chunk_bytes = 1024 * 1024;
  /// Bytes sent to a replica without an acknowledgement.
  size_t unacknowledged_bytes_max = 8 * 1024 * 1024;
  /// A listing larger than this is refused.
  size_t listing_bytes_max = 8 * 1024 * 1024;
  /// Bytes of changes or records in one message to a watcher.
  size_t watch_bytes_max = 64 * 1024;
  /// Bytes of the log up to which it is kept for watchers who take a snapshot.
  size_t watch_hold_bytes_max = 4 * 1024 * 1024;
  /// Watchers of one shard; more are refused.
  size_t watchers_max = 4096;
  /// C3: de-duplication forgets beyond so many ids, if older than this.
  size_t remembered_max = 100'000;
  nanoseconds remembered_for = std::chrono::minutes{10};
};

} // namespace muster
