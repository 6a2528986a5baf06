// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/shard_state.hpp"
#include "registry/user_session.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct session_keeper_options {
  /// Commands under way that end sessions of one shard.
  size_t open_max = 8;
  /// After a command of a session that was not committed, until the next one.
  nanoseconds retry = std::chrono::seconds{1};
};

/// Ends the sessions of one shard that are not renewed any more, at the shard's
/// home: it looks at the committed records again and again, and counts since
/// when a session's `renewed` has the version that it has.
///
/// It may be wrong about being the home, or late: each end is guarded by the
/// version that was looked at (U1). A new home begins to count anew, so a
/// session may live longer than its time, never shorter.
///
/// Of what it ends, all records vanish by one command if there are few enough
/// and none of them was written by others; else first the head, which ends the
/// session, then each bound record by itself (U2). What such an end left behind
/// because its home died is found by the next home: there is no head.
///
/// Not thread-safe; owned by one actor.
class session_keeper {
public:
  /// A command to be sent; `on_answer` wants the number.
  struct request {
    uint64_t number = 0;
    command what;
  };

  explicit session_keeper(session_keeper_options options);

  /// @param records  committed; what is not a session's is passed over
  void on_look(const shard_state::record_map& records, boot_time now,
               std::vector<request>& out);

  /// This machine is not the shard's home: forgets everything.
  void on_stopped();

  /// @param committed  whether it is; false also if that is not known
  /// @param refused  a guard did not hold
  void on_answer(uint64_t number, bool committed, bool refused, boot_time now);

  /// Sessions that have a head.
  size_t session_count() const {
    return watched_.size();
  }

private:
  struct watched {
    sequence renewed;
    boot_time since{};
    nanoseconds ttl{};
  };

  /// What is done about one session.
  struct ending {
    uint64_t open = 0; // the number of the command; 0: none
    boot_time next{};
    /// All at once was refused, or is too much.
    bool piecewise = false;
  };

  /// The records of one session, views into what is looked at.
  struct parts {
    const record* head = nullptr;
    const record* renewed = nullptr;
    std::vector<std::pair<std::string_view, const record*>> bound;
    std::vector<std::string_view> others;
  };

  void look_at(const std::string& id, const parts& x, boot_time now,
               std::vector<request>& out);
  bool is_over(const std::string& id, const parts& x, boot_time now);
  void send(const std::string& id, command x, std::vector<request>& out);
  static command end_at_once(const std::string& id, const parts& x);
  static command end_head(const std::string& id, const parts& x);
  static command clear_one(const std::string& id, const parts& x);

  session_keeper_options options_;
  std::map<std::string, watched> watched_;
  std::map<std::string, ending> endings_;
  std::map<uint64_t, std::string> open_;
  uint64_t last_ = 0;
};

} // namespace muster
