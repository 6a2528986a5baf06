// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/options.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/coordinator.hpp"
#include "runtime/ports/events.hpp"

#include <memory>

namespace muster {

/// The coordinator of a cluster: etcd 3.4 or later by its JSON gateway, with
/// one worker thread that carries all requests and watches. Callbacks and hints
/// come from that thread, and should return soon; only a call beyond
/// `queue_max`, or against the rules, is answered in the caller's.
///
/// What the port's errors mean here:
/// - `unavailable`: refused connections, no endpoint in time, etcd said that it
///   did nothing, the queue is full, no liveness lease for a bound key.
/// - `unknown`: the transaction was sent, and then the connection broke, the
///   deadline passed, or etcd lost its leader. It is never sent again.
/// - `denied`: wrong user or password, or no rights on the key.
///
/// Ranges are linearizable. Its mod_revision and revision are etcd's own.
///
/// Thread-safe. Destroy it from outside its callbacks: what has no answer then
/// gets one first. The liveness lease is left to end by itself.
class etcd_coordinator final : public coordinator {
public:
  /// Starts the worker; does not connect.
  /// @param clock   outlives the coordinator
  /// @param events  outlives the coordinator; may be null
  /// @returns `invalid_argument` if `options` break a rule they document
  static result<std::unique_ptr<etcd_coordinator>>
  open(etcd_options options, const clock_source& clock,
       event_sink* events = nullptr);

  ~etcd_coordinator() override;

  void range(std::string prefix, callback<coordinator_range> then) override;
  void txn(coordinator_txn request,
           callback<coordinator_txn_answer> then) override;
  void keep_alive(std::chrono::seconds ttl, callback<bool> then) override;
  void watch(std::string prefix, std::function<void()> hint) override;

private:
  class worker;

  explicit etcd_coordinator(std::unique_ptr<worker> x);

  std::unique_ptr<worker> worker_;
};

} // namespace muster
