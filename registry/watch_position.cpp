// SPDX-License-Identifier: Apache-2.0
#include "registry/watch_position.hpp"

#include "registry/key.hpp"

#include <algorithm>
#include <charconv>

namespace muster {

namespace {

template <class T>
bool read_number(std::string_view text, T& out) {
  auto end = text.data() + text.size();
  auto [rest, failure] = std::from_chars(text.data(), end, out);
  return failure == std::errc{} && rest == end;
}

error not_a_position(std::string_view why) {
  return {errc::invalid_argument,
          "the position is not one of a watch of this prefix: "
            + std::string{why}};
}

} // namespace

std::vector<shard_id> shards_under(std::string_view prefix,
                                   uint32_t shard_count) {
  if (within_one_shard(prefix))
    return {shard_of(prefix, shard_count)};
  std::vector<shard_id> out;
  for (uint32_t i = 0; i < shard_count; ++i)
    out.emplace_back(i);
  return out;
}

result<watch_position> watch_position::parse(std::string_view text,
                                             std::string_view prefix,
                                             uint32_t shard_count,
                                             uint64_t generation) {
  auto shards = shards_under(prefix, shard_count);
  watch_position out{generation, shards.size()};
  uint64_t version = 0;
  if (read_number(text, version)) {
    if (version != 0 && shards.size() > 1)
      return not_a_position(
        "it is in several shards, write <shard>:<version> "
        "of each, or 0");
    for (auto shard : shards)
      out.at_[shard] = sequence{version};
    return out;
  }
  auto tagged = generation;
  if (auto slash = text.find('/'); slash != text.npos) {
    if (!read_number(text.substr(0, slash), tagged))
      return not_a_position("its generation is no number");
    text.remove_prefix(slash + 1);
  }
  while (true) {
    auto part = text.substr(0, text.find(','));
    auto colon = part.find(':');
    shard_id shard;
    if (colon == part.npos || !read_number(part.substr(0, colon), shard.value)
        || !read_number(part.substr(colon + 1), version))
      return not_a_position("write <shard>:<version>, with commas between");
    if (std::find(shards.begin(), shards.end(), shard) == shards.end())
      return not_a_position("it has no keys in shard "
                            + std::to_string(shard.value));
    if (tagged != generation)
      version = 0;
    if (!out.at_.emplace(shard, version).second)
      return not_a_position("shard " + std::to_string(shard.value)
                            + " is there twice");
    if (part.size() == text.size())
      break;
    text.remove_prefix(part.size() + 1);
  }
  if (out.at_.size() < shards.size())
    return not_a_position("it does not name all "
                          + std::to_string(shards.size()) + " shards");
  return out;
}

std::string watch_position::text() const {
  std::string out;
  if (at_.size() < shard_count_)
    return out;
  for (auto& [shard, version] : at_) {
    out += out.empty() ? std::to_string(generation_) + "/" : ",";
    out += std::to_string(shard.value) + ":" + std::to_string(version.value);
  }
  return out;
}

} // namespace muster
