// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/fields.hpp"
#include "registry/ids.hpp"
#include "registry/listed_record.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

// Messages about watches: part of `messages.hpp`. The home keeps nothing that a
// watcher cannot tell again: a watch goes on at any home, from its position.

/// Watcher -> home agent: tell me changes under `prefix` after `after`; sent
/// again at intervals, which renews it.
struct watch_request {
  shard_id shard;
  uint64_t ticket = 0;
  std::string prefix;
  sequence after;
  /// A new watch without a position: `after` is what is committed now.
  bool from_now = false;
  /// Not empty: the records above this key, of the snapshot that the watcher
  /// takes.
  std::string key_after = {};
  /// He watches no more.
  bool over = false;

  MUSTER_FIELDS(watch_request, shard, ticket, prefix, after, from_now,
                key_after, over)
};

/// Home -> watcher: the changes under the prefix in (`after`, `upto`]; or, if
/// those after `after` are not in the log's window any more, the records above
/// `key_after` as of `upto` (`compacted`).
struct watch_news {
  shard_id shard;
  /// Of the watcher; tickets of two incarnations may be the same.
  incarnation to;
  uint64_t ticket = 0;
  sequence after;
  sequence upto;
  bool compacted = false;
  std::string key_after = {};
  /// There is more than fits into one message: ask for it.
  bool more = false;
  /// The home has no place for this watcher.
  bool refused = false;
  std::vector<listed_record> changed = {};
  std::vector<listed_record> erased = {};

  MUSTER_FIELDS(watch_news, shard, to, ticket, after, upto, compacted,
                key_after, more, refused, changed, erased)
};

} // namespace muster
