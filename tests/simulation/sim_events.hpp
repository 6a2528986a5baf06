// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "runtime/ports/events.hpp"
#include "tests/simulation/sim_scheduler.hpp"

#include <functional>
#include <iosfwd>
#include <string>

namespace muster::sim {

/// Where all events of the world go: a line each, and a hash of all lines by
/// which two runs of one seed are compared.
class sim_trace {
public:
  /// @param out  none = nothing is written, details are not even built
  sim_trace(const sim_scheduler& scheduler, std::ostream* out)
    : scheduler_(scheduler), out_(out) {
    // nop
  }

  bool on() const {
    return out_ != nullptr;
  }

  /// `who` is a machine, or `world`.
  void line(std::string_view who, std::string_view what,
            std::string_view detail);

  /// A step of `who` at which a crash is worth a try; events are such too.
  void point(std::string_view who, std::string_view name) {
    if (name == armed_ && !armed_.empty())
      reach(who);
  }

  /// Calls `then` once, at the next point of this name after `skip` others.
  void arm(std::string name, size_t skip,
           std::function<void(const machine_id&)> then) {
    armed_ = std::move(name);
    skip_ = skip;
    then_ = std::move(then);
  }

  uint64_t hash() const {
    return hash_;
  }

private:
  void mix(std::string_view text);
  void reach(std::string_view who);

  const sim_scheduler& scheduler_;
  std::ostream* out_;
  uint64_t hash_ = 0xcbf29ce484222325ull;
  std::string armed_;
  size_t skip_ = 0;
  std::function<void(const machine_id&)> then_;
};

/// One machine's events.
class sim_events final : public event_sink {
public:
  sim_events(sim_trace& trace, std::string who)
    : trace_(trace), who_(std::move(who)) {
    // nop
  }

  void note(severity, std::string_view what, std::string detail) override {
    trace_.line(who_, what, detail);
    trace_.point(who_, what);
  }

  /// What it says must not depend on who listens: crash points are among it.
  bool wants(severity level) const override {
    return level > severity::debug || trace_.on();
  }

private:
  sim_trace& trace_;
  std::string who_;
};

} // namespace muster::sim
