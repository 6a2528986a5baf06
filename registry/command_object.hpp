// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/messages.hpp"
#include "registry/story.hpp"

#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

namespace muster {

struct command_object_options {
  /// An attempt without a verdict is followed by another after this, or as soon
  /// as the shard has another primary than the one that it was sent to.
  nanoseconds attempt_timeout = std::chrono::milliseconds{1500};
  /// The pause after an attempt that surely changed nothing; doubles.
  nanoseconds retry_min = std::chrono::milliseconds{20};
  nanoseconds retry_max = std::chrono::milliseconds{400};
  /// Attempts of one command.
  uint32_t attempts_max = 200;
};

/// A command at its origin: its participants and its story, and the attempts
/// to have it decided (3.3.1, C3).
///
/// Life: `start`, then `on_enlist`, `on_verdict` and `on_tick` until one of
/// them returns the answer. Then it may be started again with another command.
///
/// Invariants: (1) only it sends a submission again, always as a new attempt;
/// (2) an unlogged refusal is believed only if it was the only attempt; (3) it
/// answers `unavailable` only if every attempt was answered so, and `unknown`
/// otherwise: never a false failure.
///
/// Not thread-safe; owned by one actor.
class command_object {
public:
  struct request {
    command what;
    /// The one that decides.
    shard_id shard;
    uint64_t slot = 0;
    /// 0: the client told none.
    sequence born;
    boot_time deadline;
  };

  /// What the machine knows when an attempt is made.
  struct surroundings {
    peer self;
    std::string self_address;
    /// Null: no assignment is known yet.
    const assignment* home = nullptr;
    /// Of the other shards that take part.
    std::vector<const assignment*> others;
    /// What the shard is known to have committed; 0 = nothing is known.
    sequence known;
    /// The address of a registered machine; empty if unknown.
    std::function<std::string(const machine_id&)> address;
    /// The switch that a first attempt passes; empty: none.
    machine_id relay = {};
  };

  using sends = std::vector<std::pair<machine_id, submit>>;

  explicit command_object(command_object_options options);

  void start(request x, const surroundings& where, boot_time now, sends& out);
  void on_enlist(const enlist& x, boot_time now);

  /// @returns the answer, if this decides the command
  std::optional<command_answer> on_verdict(const verdict& x, boot_time now);
  std::optional<command_answer> on_tick(const surroundings& where,
                                        boot_time now, sends& out);

  bool busy() const {
    return busy_;
  }

  const command_id& id() const {
    return request_.what.id;
  }

  /// Its story so far.
  const story& told() const {
    return story_;
  }

  /// Whether its first attempt got lost behind a switch; said once.
  bool take_lost_at_relay() {
    return std::exchange(lost_at_relay_, false);
  }

  /// The same of a busy one, with the time that it has taken until now.
  story told_at(boot_time now) const;

private:
  void attempt(const surroundings& where, boot_time now, sends& out);
  void add_participants(const surroundings& where, const assignment& of,
                        boot_time now);
  /// Between half of the pause and all of it: who met at a lock do not meet
  /// again (P5).
  nanoseconds jittered(nanoseconds pause) const;
  void add(participant x, boot_time now);
  command_answer finish(outcome what, std::string detail, boot_time now);
  std::optional<command_answer> on_refused(const verdict& x, boot_time now);
  std::optional<command_answer> on_unknown(const verdict& x, boot_time now);
  void note_acknowledgements(const verdict& x);

  command_object_options options_;
  request request_;
  story story_;
  bool busy_ = false;
  bool client_told_born_ = false;
  boot_time created_{};
  boot_time attempted_{};
  boot_time next_attempt_{};
  nanoseconds pause_{};
  uint32_t attempts_ = 0;
  /// The attempts that surely changed nothing.
  std::set<uint32_t> denied_;
  peer asked_;
  bool waiting_ = false; // for the verdict of the newest attempt
  bool relayed_ = false; // the newest attempt
  bool lost_at_relay_ = false;
  std::string last_detail_;
};

} // namespace muster
