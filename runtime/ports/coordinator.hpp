// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace muster {

/// One key of the coordinator.
struct coordinator_entry {
  std::string key;
  std::string value;
  /// The revision of the change that last wrote it; the epoch of a shard's
  /// assignment.
  uint64_t mod_revision = 0;
};

/// A linearizable read of all keys that begin with a prefix.
struct coordinator_range {
  /// The coordinator's revision that this read saw.
  uint64_t revision = 0;
  /// Sorted by key.
  std::vector<coordinator_entry> entries;
};

/// The transaction lands only if every named key still has this
/// modification revision; 0 = the key is absent.
struct coordinator_compare {
  std::string key;
  uint64_t mod_revision = 0;
};

struct coordinator_put {
  std::string key;
  std::string value;
  /// True: the key ends with this process's liveness lease (`keep_alive`).
  bool bound_to_lease = false;
};

struct coordinator_txn {
  std::vector<coordinator_compare> compares;
  std::vector<coordinator_put> puts;
  std::vector<std::string> deletes;
};

struct coordinator_txn_answer {
  /// False: a compare did not hold, nothing was changed.
  bool succeeded = false;
  /// The revision of the change, or the present one if it failed.
  uint64_t revision = 0;
};

/// The small, strongly consistent store of membership and assignments.
/// Implementations: etcd 3.4, embedded LevelDB (one machine), the
/// simulation's. All calls return at once; the callback comes exactly once,
/// from any thread, within `coordinator_options::deadline`.
///
/// Errors: `unavailable` = surely not applied, try again later; `unknown` = a
/// transaction that may have been applied or may still be: read back by its
/// nonce (M4); `denied` = wrong password; `invalid_argument` = too large.
class coordinator {
public:
  template <class T>
  using callback = std::function<void(result<T>)>;

  virtual ~coordinator() = default;

  /// Linearizable.
  virtual void range(std::string prefix, callback<coordinator_range> then) = 0;

  virtual void txn(coordinator_txn request,
                   callback<coordinator_txn_answer> then)
    = 0;

  /// Creates or renews this process's liveness lease; `bound_to_lease` keys
  /// vanish `ttl` after the last renewal. Call it at least every ttl / 3,
  /// also before the first bound put. Answers false if the former lease had
  /// ended (its keys are gone: put them again).
  virtual void keep_alive(std::chrono::seconds ttl, callback<bool> then) = 0;

  /// Calls `hint` (any thread) soon after a key with the prefix has changed.
  /// Hints may be late, lost or doubled (M5): callers also poll.
  virtual void watch(std::string prefix, std::function<void()> hint) = 0;
};

} // namespace muster
