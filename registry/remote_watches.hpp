// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "registry/watch_event.hpp"
#include "registry/watch_position.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// The watches of this machine's users: one subscription at the home of each
/// shard concerned, renewed at intervals, continued after the last version
/// that was told.
///
/// A shard whose home has forgotten what comes next is told anew: its records,
/// asked for piece by piece, each piece as of another sequence; then the
/// changes after the first piece's, without those that a piece had already.
///
/// Invariants: (1) of one shard every change is told, once, in version order,
/// or else `compacted` and a snapshot; (2) a position is told only when no
/// piece of a snapshot is ahead of it: who goes on from there misses and
/// repeats nothing.
///
/// Not thread-safe; owned by one actor.
class remote_watches {
public:
  using sends = std::vector<std::pair<shard_id, watch_request>>;
  using events = std::vector<watch_event>;
  /// By ticket.
  using all_events = std::vector<std::pair<uint64_t, events>>;
  /// Whether a watcher takes more: nothing more is asked for until he does.
  using room_function = std::function<bool(uint64_t ticket)>;

  static constexpr nanoseconds renew = std::chrono::seconds{2};
  /// A watch ends when a home says nothing for so long.
  static constexpr nanoseconds silence_max = std::chrono::seconds{15};
  static constexpr size_t watches_max = 1024;

  remote_watches(incarnation self, uint32_t shard_count)
    : self_(self), shard_count_(shard_count) {
    // nop
  }

  /// @param prefix  normalized
  /// @param from  of each shard under the prefix; empty: from now on
  /// @pre fewer than `watches_max` are open
  void begin(uint64_t ticket, const std::string& prefix,
             const watch_position& from, boot_time now, sends& out);
  void end(uint64_t ticket, sends& out);

  /// @returns what the watcher is to be told; then `ask_more`
  events on_news(watch_news x, boot_time now, sends& out);

  /// Asks for what there is more.
  void ask_more(uint64_t ticket, const room_function& has_room, sends& out);

  /// The home of the shard is another now, or its connection is new.
  void on_home_changed(shard_id shard, sends& out);

  /// @returns what watchers are to be told
  all_events on_tick(boot_time now, const room_function& has_room, sends& out);

private:
  /// Up to which key, and as of which sequence, a piece of a snapshot is.
  struct piece {
    std::string upto;
    bool last = false;
    sequence as_of;
  };

  /// What was told of one shard.
  struct place {
    bool known = false; // false: from now on, the home will say where
    bool due = false; // there is more to ask for
    boot_time heard{};
    sequence told;
    bool copying = false;
    sequence copied_from; // of the oldest piece
    std::vector<piece> pieces; // of the newest snapshot, while it is ahead
  };

  struct watch {
    std::string prefix;
    std::map<shard_id, place> places;
    boot_time next{};
  };

  static watch_event ending(shard_id shard, std::string why);
  static watch_request request(uint64_t ticket, const watch& w, shard_id shard);
  static bool was_copied(const place& p, const listed_record& x);
  /// Whether some piece has more than the changes up to here.
  static bool is_ahead(const place& p, sequence at);
  static void take_piece(watch_news& x, place& p, events& told);
  static void take_changes(watch_news& x, place& p, events& told);

  incarnation self_;
  uint32_t shard_count_;
  std::map<uint64_t, watch> watches_;
};

} // namespace muster
