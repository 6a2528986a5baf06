// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/messages.hpp"

#include <map>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace muster {

struct remote_read_options {
  /// A question without an answer is asked again after this.
  nanoseconds resend = std::chrono::milliseconds{250};
  /// A home that cannot answer now is asked again after this.
  nanoseconds pause = std::chrono::milliseconds{20};
  /// Questions at once; more are answered `overloaded`.
  size_t open_max = 65'536;
};

/// What a reader asked of a shard's home: one record, or a listing.
struct remote_question {
  uint64_t ticket = 0;
  shard_id shard;
  /// The key, or the normalized prefix.
  std::string what;
  bool listing = false;
  boot_time deadline;
};

/// The reads of this machine's users that their own memory could not answer:
/// asks the home, again and again until the deadline (R1). Reads may be asked
/// twice without harm.
///
/// Not thread-safe; owned by one actor.
class remote_reads {
public:
  using sends = std::vector<std::pair<shard_id, wire_message>>;
  using answer = std::variant<read_reply, list_reply>;

  explicit remote_reads(remote_read_options options);

  /// @returns false: too many are open
  bool ask(remote_question x, boot_time now, sends& out);

  /// @returns the answer to hand on, if it is one
  std::optional<answer> on_reply(read_reply x, boot_time now);
  std::optional<answer> on_reply(list_reply x, boot_time now);

  /// Asks again what is due. @returns the tickets whose deadline is over
  std::vector<uint64_t> on_tick(boot_time now, sends& out);

  size_t open_count() const {
    return open_.size();
  }

private:
  struct open_question {
    remote_question what;
    boot_time next{};
  };

  static wire_message message_of(const remote_question& x);

  template <class Reply>
  std::optional<answer> take(Reply x, boot_time now);

  remote_read_options options_;
  std::map<uint64_t, open_question> open_;
};

} // namespace muster
