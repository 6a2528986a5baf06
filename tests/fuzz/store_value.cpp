// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/store_format.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

// A value of the store's LevelDB. The first byte says what it is read as (0
// group, 1 header, 2 id) and, in bit 7, that the rest is a payload to be put
// under a right envelope, whose count is the second byte.

namespace muster::fuzz {

namespace {

namespace format = store_format;

constexpr unsigned char sealed_bit = 0x80;
constexpr uint64_t seed = 5;

std::string seal(uint64_t number, uint32_t count, std::string_view payload) {
  std::string out(16, '\0');
  auto version = uint16_t{1};
  std::memcpy(out.data(), &version, 2);
  std::memcpy(out.data() + 4, &count, 4);
  auto head = XXH3_64bits_withSeed(out.data(), 8, number);
  auto sum = XXH3_64bits_withSeed(payload.data(), payload.size(), head);
  std::memcpy(out.data() + 8, &sum, 8);
  return out.append(payload);
}

bool read_group(std::string_view value) {
  std::vector<store_change> changes;
  auto done = format::decode_group(seed, value, [&](store_change x) {
    changes.push_back(std::move(x));
    return ok();
  });
  if (!done || changes.empty())
    return false;
  format::group_encoder again;
  again.begin(seed);
  for (auto& x : changes)
    again.add(x);
  require(again.finish() == value, "a group has one form");
  return true;
}

bool read_header(std::string_view value) {
  auto found = format::decode_header(shard_id{seed}, value);
  if (!found)
    return false;
  require(format::encode_header(shard_id{seed}, *found) == value,
          "a header has one form");
  return true;
}

bool read_id(std::string_view value) {
  auto found = format::decode_id(value);
  if (!found)
    return false;
  require(format::encode_id(*found) == value, "an id has one form");
  return true;
}

} // namespace

bool run(std::string_view input) {
  auto how = take_byte(input);
  auto what = how & 3;
  auto sealed = (how & sealed_bit) != 0;
  uint32_t count = sealed ? take_byte(input) : 0;
  auto number = what == 2 ? 0 : seed;
  auto value = sealed ? seal(number, what == 0 ? count : 0, input)
                      : std::string{input};
  switch (what) {
    case 0:
      return read_group(value);
    case 1:
      return read_header(value);
    case 2:
      return read_id(value);
    default:
      return false;
  }
}

std::vector<std::string> seeds() {
  format::group_encoder group;
  group.begin(seed);
  group.add({store_change::kind::append, shard_id{1}, sequence{2}, "entry"});
  group.add({store_change::kind::meta, shard_id{1}, sequence{2}, ""});
  auto header = format::encode_header(
    shard_id{seed}, {sequence{3}, {uint64_t{4}, uint32_t{1}}, "meta"});
  std::vector<std::string> values{std::string{group.finish()}, header,
                                  format::encode_id(store_id{9})};
  std::vector<std::string> out;
  for (size_t i = 0; i < values.size(); ++i) {
    out.push_back(std::string(1, static_cast<char>(i)) + values[i]);
    std::string sealed(1, static_cast<char>(sealed_bit | i));
    out.push_back(sealed + '\2' + values[i].substr(16));
  }
  return out;
}

} // namespace muster::fuzz
