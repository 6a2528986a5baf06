// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/story.hpp"
#include "registry/user_session.hpp"

#include <optional>
#include <string>
#include <vector>

namespace muster {

struct presence_options {
  /// Of the machine's session; 0: no record tells that it is there.
  nanoseconds ttl = std::chrono::seconds{10};
  /// After a command that was not committed, until the next one.
  nanoseconds retry = std::chrono::seconds{1};
};

/// Tells in the registry that a machine is there: a session of its own, which
/// binds `/machines/<id>/alive`. It renews it three times in its time to live;
/// a session that has ended all the same is followed by another.
///
/// Not thread-safe; owned by one actor.
class machine_presence {
public:
  /// @param address  host:port of the machine
  machine_presence(const peer& self, const std::string& address,
                   presence_options options);

  /// A command to be sent, and what its first attempt was told (C3; 0: none).
  struct request {
    command what;
    sequence born;
  };

  /// @returns what is to be sent now; `on_answer` tells what became of it
  std::optional<request> on_tick(boot_time now);

  /// @param born  as the answer told it
  void on_answer(outcome what, sequence born, boot_time now);

  /// The machine stops: what ends its session now, if there is one. Nothing is
  /// wanted afterwards.
  std::optional<command> farewell();

private:
  void draft_opening();

  peer self_;
  std::string address_;
  presence_options options_;
  user_session mine_;
  bound_record alive_;
  uint64_t opened_count_ = 0;
  /// The command that opens `mine_`, until its outcome is known.
  std::optional<command> opening_;
  sequence born_;
  int unknown_count_ = 0;
  bool open_ = false;
  bool waiting_ = false;
  bool leaving_ = false;
  boot_time next_{};
};

} // namespace muster
