// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"

#include <map>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// The watches of this machine's users: one subscription at the home of each
/// shard concerned, renewed at intervals, continued after the last version
/// that was told.
///
/// Invariant: what is handed on of one shard is in version order, each change
/// once; if the home has forgotten a part, the news say so (`gap`).
///
/// Not thread-safe; owned by one actor.
class remote_watches {
public:
  using sends = std::vector<std::pair<shard_id, watch_request>>;

  static constexpr nanoseconds renew = std::chrono::seconds{2};
  static constexpr size_t watches_max = 1024;

  explicit remote_watches(uint32_t shard_count) : shard_count_(shard_count) {
    // nop
  }

  /// @param prefix  normalized
  void begin(uint64_t ticket, const std::string& prefix, boot_time now,
             sends& out);
  void end(uint64_t ticket);

  /// @returns whether `x`, cut to what is new, is to be handed on
  bool on_news(watch_news& x, boot_time now, sends& out);

  /// The home of the shard is another now, or its connection is new.
  void on_home_changed(shard_id shard, sends& out);

  void on_tick(boot_time now, sends& out);

private:
  struct watch {
    std::string prefix;
    std::map<shard_id, sequence> told;
    boot_time next{};
  };

  watch_request request(uint64_t ticket, const watch& w, shard_id shard,
                        sequence told) const {
    return watch_request{shard, ticket, w.prefix, told};
  }

  uint32_t shard_count_;
  std::map<uint64_t, watch> watches_;
};

} // namespace muster
