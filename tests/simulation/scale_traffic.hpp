// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "tests/simulation/sim_network.hpp"

#include <array>
#include <map>
#include <string>
#include <vector>

namespace muster::sim {

/// What was sent. Bytes are those of frames (`runtime/transport/frame.hpp`)
/// before encryption; a frame holds what leaves for one machine, on one lane,
/// at the same instant.
struct traffic {
  uint64_t messages = 0;
  uint64_t frames = 0;
  uint64_t bytes = 0;

  traffic& operator+=(const traffic& x) {
    messages += x.messages;
    frames += x.frames;
    bytes += x.bytes;
    return *this;
  }

  traffic operator-(const traffic& x) const {
    return {messages - x.messages, frames - x.frames, bytes - x.bytes};
  }
};

/// A message as it left its sender, or reached its receiver.
struct seen_message {
  world_time at{};
  machine_id from;
  machine_id to;
  wire_message what;
  traffic cost; // its frame counts at the first of a frame's messages
};

/// Counts everything that machines send, and notes single messages on demand.
///
/// Not thread-safe; of the world's one thread.
class traffic_meter final : public packet_watch {
public:
  explicit traffic_meter(const sim_scheduler& scheduler)
    : scheduler_(scheduler) {
    // nop
  }

  void on_sent(const machine_id& from, const machine_id& to, lane on,
               const packet& x) override;
  void on_arrived(const machine_id& from, const machine_id& to, lane on,
                  const packet& x) override;

  /// Notes every message of the data lane from now on, until `stop`.
  void begin();
  void stop() {
    noting_ = false;
  }

  /// In order, since `begin`.
  const std::vector<seen_message>& sent() const {
    return sent_;
  }
  const std::vector<seen_message>& arrived() const {
    return arrived_;
  }

  /// Notes, until the next call, what this machine is told and says, on both
  /// lanes.
  void follow(machine_id id);
  const std::vector<seen_message>& followed() const {
    return followed_messages_;
  }

  traffic sent_by(const machine_id& id, lane on) const;
  traffic sent_by_all(lane on) const;

private:
  using by_lane = std::array<traffic, 2>;
  using channel = std::pair<machine_id, lane>;

  struct sender {
    by_lane all;
    /// When the last message left, by receiver.
    std::map<channel, world_time> last;
  };

  const sim_scheduler& scheduler_;
  std::map<machine_id, sender> senders_;
  by_lane total_;
  bool noting_ = false;
  machine_id followed_;
  std::vector<seen_message> sent_;
  std::vector<seen_message> arrived_;
  std::vector<seen_message> followed_messages_;
};

/// By the name of the message's type.
using traffic_by_kind = std::map<std::string, traffic>;

traffic sum(const traffic_by_kind& x);

} // namespace muster::sim
