// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "registry/watch_event.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// The shards that may have keys under a prefix, in order.
/// @pre `prefix` is normalized
std::vector<shard_id> shards_under(std::string_view prefix,
                                   uint32_t shard_count);

/// Up to where a watch has told the changes, shard by shard. As text
/// `<shard>:<version>`, with commas: a watch goes on there at any machine.
///
/// Not thread-safe.
class watch_position {
public:
  /// Nothing is known yet of so many shards.
  explicit watch_position(size_t shard_count = 0) : shard_count_(shard_count) {
    // nop
  }

  /// Reads what `text` wrote; or a version alone for a prefix within one shard;
  /// or `0`: every change since the beginning.
  /// @param prefix  normalized
  /// @returns `invalid_argument`: not such a text, or of another prefix
  static result<watch_position>
  parse(std::string_view text, std::string_view prefix, uint32_t shard_count);

  void take(const watch_event& x) {
    if (x.resume)
      at_[x.shard] = *x.resume;
  }

  /// Empty until every shard has a position.
  std::string text() const;

  const std::map<shard_id, sequence>& at() const {
    return at_;
  }

private:
  size_t shard_count_;
  std::map<shard_id, sequence> at_;
};

} // namespace muster
