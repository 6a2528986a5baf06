// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>

namespace muster {

/// What must be equal on all machines of a cluster; lies in the coordinator
/// under `config` (M1) once the first machine has started. Bounds are in
/// `option_table.cpp`.
struct cluster_options {
  /// Parts of the registry, 1 to 4096. More = finer balancing and more leases
  /// in a grant; fixed for the life of the cluster.
  uint32_t shard_count = 64;

  /// Copies of each shard with the primary's, 1 to 7. Each costs a sync on one
  /// more disk; the cluster survives replication - 1 lost disks.
  uint32_t replication = 3;

  /// Copies in sync below which writes are refused (C2), 1 to 7 and at most
  /// `replication`. 1 where replication is 1, unless it is set.
  uint32_t min_copies = 2;

  /// D_g, 500 ms to 60 s: how long a granter may have to wait for a machine
  /// that died. Shorter = faster takeover, more false expulsions.
  std::chrono::milliseconds lease{2000};

  /// How often leases are renewed, 50 ms to 20 s and at most a third of
  /// `lease`, so that two lost renewals do not end one.
  std::chrono::milliseconds lease_renewal{500};

  /// Raised by the operator after the coordinator was restored from a backup:
  /// machines refuse a smaller one than they have seen (M3).
  uint64_t generation = 1;

  bool operator==(const cluster_options&) const = default;

  /// Equal on two machines if, but for one chance in 2^64, their options are;
  /// compared at the handshake. The same on every platform and version.
  uint64_t hash() const;
};

} // namespace muster
