// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"
#include "actors/metered.hpp"
#include "registry/remote_watches.hpp"

#include <map>
#include <optional>

namespace muster {

/// The shell of `remote_reads` and `remote_watches`, and of questions about a
/// command's story.
struct reader_actor_state {
  static inline const char* name = "reader";

  machine_environment* env = nullptr;
  std::optional<remote_reads> reads;
  std::optional<remote_watches> watches;
  /// A question about a story; what a log says is held back for a moment, in
  /// case the origin remembers more.
  struct open_explain {
    boot_time deadline{};
    std::optional<explain_reply> from_log;
  };

  std::map<uint64_t, open_explain> explains;
  remote_reads::sends questions;
  remote_watches::sends requests;

  void send_home(shard_id shard, wire_message x);
  remote_watches::room_function room() const;
  void dispatch();
  void ask_story(const ask_explain& x);
  void tell_story(const peer& from, const explain_request& x);
  void take_story(explain_reply& x);
  void take_news(watch_news& x);
  void order(const ask_move& x);
  void end_late(boot_time now);
};

reader_actor::behavior_type
reader_behavior(metered<reader_actor, reader_actor_state>* self,
                machine_environment* env);

/// Story <-> its form in messages.

} // namespace muster
