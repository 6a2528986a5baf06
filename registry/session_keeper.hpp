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
  size_t open_max = 32;
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
/// and none of them was written by others; else the head says first that it has
/// ended, each bound record is settled by itself (U2), and the head goes last.
/// The next home goes on with that. Records without such a head are none of its
/// business.
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
    sequence head;
    sequence renewed;
    boot_time since{};
    nanoseconds ttl{};
  };

  /// A step of an end: of one bound record, or of the session (empty).
  struct step {
    uint64_t open = 0; // the number of the command; 0: none
    boot_time next{};
    /// A guard did not hold.
    bool refused = false;
  };

  /// What is done about one session.
  struct ending {
    /// By the key that was bound.
    std::map<std::string, step> steps;
    /// All at once failed, or is too much.
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
  /// Settles what an ended session has bound, then the session.
  void settle(const std::string& id, const parts& x, boot_time now,
              std::vector<request>& out);
  /// Whether the step may be done now.
  bool may_send(const std::string& id, const std::string& key, boot_time now);
  void send(const std::string& id, const std::string& key, command x,
            std::vector<request>& out);
  static command end_at_once(const std::string& id, const parts& x);
  static command end_head(const std::string& id, const parts& x);
  static command settle_one(const std::string& id, const parts& x,
                            const std::string& key, const record& bound,
                            bool is_others);
  static command erase_rest(const std::string& id, const parts& x);

  session_keeper_options options_;
  std::map<std::string, watched> watched_;
  std::map<std::string, ending> endings_;
  std::map<uint64_t, std::pair<std::string, std::string>> open_; // id, key
  uint64_t last_ = 0;
};

} // namespace muster
