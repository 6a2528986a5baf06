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
/// `<generation>/<shard>:<version>`, with commas: a watch goes on there at any
/// machine. In another generation of the cluster versions began anew.
///
/// Not thread-safe.
class watch_position {
public:
  watch_position() = default;

  /// Nothing is known yet of so many shards.
  watch_position(uint64_t generation, size_t shard_count)
    : generation_(generation), shard_count_(shard_count) {
    // nop
  }

  /// Reads what `text` wrote; or a version alone for a prefix within one shard;
  /// or `0`: every change since the beginning, which is also what becomes of a
  /// position of another generation.
  /// @param prefix  normalized
  /// @param generation  the cluster's
  /// @returns `invalid_argument`: not such a text, or of another prefix
  static result<watch_position> parse(std::string_view text,
                                      std::string_view prefix,
                                      uint32_t shard_count,
                                      uint64_t generation);

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
  uint64_t generation_ = 1;
  size_t shard_count_ = 0;
  std::map<shard_id, sequence> at_;
};

} // namespace muster
