// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/options.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/coordinator.hpp"

#include <memory>

namespace muster {

/// The coordinator of a single machine: a LevelDB directory and one worker
/// thread, which makes each change durable before it answers. Only one process
/// can open a directory, so the only liveness lease is its own: it is kept in
/// memory, and keys bound by an earlier process vanish at the start.
///
/// What the port's errors mean here:
/// - `unavailable`: the queue is full or the deadline passed in it, no liveness
///   lease for a bound key, the disk says no, an earlier write failed.
/// - `unknown`: the write failed; whether it is on the disk shows only when the
///   directory is opened again.
///
/// A disk that hangs delays answers beyond the deadline: a write that has begun
/// cannot be given up.
///
/// Thread-safe. Destroy it from outside its callbacks: what has no answer then
/// gets `unavailable` first.
class embedded_coordinator final : public coordinator {
public:
  /// @param clock  outlives the coordinator; decides when leases end
  /// @returns `invalid_argument` for options out of bounds, `in_use` if another
  ///          process has the directory, `corrupt` or `io` as they say
  static result<std::unique_ptr<embedded_coordinator>>
  open(embedded_options options, const clock_source& clock);

  ~embedded_coordinator() override;

  void range(std::string prefix, callback<coordinator_range> then) override;
  void txn(coordinator_txn request,
           callback<coordinator_txn_answer> then) override;
  void keep_alive(std::chrono::seconds ttl, callback<bool> then) override;
  void watch(std::string prefix, std::function<void()> hint) override;

private:
  class worker;

  explicit embedded_coordinator(std::unique_ptr<worker> x);

  std::unique_ptr<worker> worker_;
};

} // namespace muster
