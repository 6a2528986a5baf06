// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/result.hpp"
#include "runtime/ports/coordinator.hpp"

#include <functional>
#include <memory>
#include <string>

namespace muster {

/// What a machine registers, and what must agree with the cluster.
struct registration_request {
  /// `/muster/<cluster>/`.
  std::string keys;
  /// `who.run` is filled in by the registration.
  member own;
  /// The cluster's options as text: written by the first machine, compared by
  /// all others (`config`, M1).
  std::string config;
  /// See `claim_of`.
  uint64_t claim = 0;
};

/// What `alive/<id>` holds, by which a machine knows its own lock again when an
/// earlier attempt of unknown outcome took it (M3): the id of its store, which
/// one process has open; or `random`, drawn once a process, where nothing is
/// stored.
uint64_t claim_of(const member& own, uint64_t random);

/// Registers a machine (M1, M3): takes the lock of its id (`alive/<id>`, bound
/// to a liveness lease, holds the claim), checks the cluster's options, and
/// writes `members/<id>` with a new incarnation: the coordinator's revision,
/// which only grows.
///
/// One attempt; the caller tries again on `unavailable` and `in_use`, since a
/// dead process's lock vanishes with its lease. `then` comes once, from any
/// thread. Errors: `in_use` (another process has the id),
/// `invalid_argument` (the cluster has other options), those of `coordinator`.
void register_machine(coordinator& coord, registration_request request,
                      std::function<void(result<incarnation>)> then);

/// Takes `alive/<id>` back, the last thing that a machine does when it stops in
/// order: others see it at once, and its id is free for the next process. A
/// hint (M1): nothing of the protocol waits for it or rests on it.
///
/// `then` comes once, from any thread: true, or false if the member is not this
/// incarnation's any more, and nothing was changed; or an error of
/// `coordinator`, after which the key goes with its lease.
/// @param keys  `/muster/<cluster>/`
void withdraw_machine(coordinator& coord, const std::string& keys,
                      const member& own,
                      std::function<void(result<bool>)> then);

} // namespace muster
