// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

/// Longest key, in bytes.
constexpr size_t key_bytes_max = 1024;

/// Longest value of a record, in bytes.
constexpr size_t value_bytes_max = 1024 * 1024;

/// Checks a key: valid UTF-8 without control characters, at most
/// `key_bytes_max` bytes, begins with `/`, no empty segment, no `/` at its
/// end.
/// @returns `invalid_argument` with the rule that is broken
status check_key(std::string_view key);

/// Turns what a person writes into the form that `covers` expects: `/` stays,
/// any other prefix loses one `/` at its end.
/// @returns `invalid_argument` if the rest is not a key
result<std::string> normalize_prefix(std::string_view prefix);

/// Whether `key` is `prefix` or lies below it; `/machines/m1` covers
/// `/machines/m1/load` and not `/machines/m10`; `/` covers every key.
/// @pre `prefix` is normalized
bool covers(std::string_view prefix, std::string_view key);

/// Calls `visit` for each prefix that covers `key`, from `/` to itself.
/// @pre `key` is a key or a normalized prefix
template <class Visitor>
void each_prefix(std::string_view key, Visitor&& visit) {
  visit(std::string_view{"/"});
  for (auto end = key.find('/', 1); end != std::string_view::npos;
       end = key.find('/', end + 1))
    visit(key.substr(0, end));
  if (key != "/")
    visit(key);
}

/// The first two segments of a key, or the key itself if it has fewer. All
/// keys of an entity group live in one shard.
std::string_view entity_group(std::string_view key);

/// The shard of a key: xxhash (XXH64, seed 0) of its entity group.
/// @param shard_count  at least 1; fixed for the life of the cluster
shard_id shard_of(std::string_view key, uint32_t shard_count);

/// Whether every key under `prefix` is in one shard: it names a whole entity
/// group or less. Otherwise the keys may be in any shard.
/// @pre `prefix` is normalized
bool within_one_shard(std::string_view prefix);

} // namespace muster
