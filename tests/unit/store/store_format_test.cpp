// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/entry_format.hpp"
#include "runtime/store/store_format.hpp"
#include "tests/unit/store/store_fixture.hpp"

#include <cstring>

#define XXH_INLINE_ALL
#include <xxhash.h>

using namespace muster;
using namespace muster::test;
using namespace muster::store_format;

namespace {

std::string encoded(uint64_t number, const std::vector<store_change>& from) {
  group_encoder encoder;
  encoder.begin(number);
  for (auto& x : from)
    encoder.add(x);
  return std::string{encoder.finish()};
}

status decoded(uint64_t number, std::string_view value,
               std::vector<store_change>& to) {
  return decode_group(number, value, [&](store_change x) {
    to.push_back(std::move(x));
    return ok();
  });
}

const std::vector<store_change> sample{append(1, 2, "bytes"), truncate(3, 4),
                                       meta(5, ""), reset(6, 7)};

} // namespace

TEST_CASE("a group comes back as it was") {
  std::vector<store_change> found;
  REQUIRE(decoded(9, encoded(9, sample), found));
  REQUIRE(found.size() == sample.size());
  for (auto i = size_t{0}; i < found.size(); ++i) {
    CHECK(found[i].what == sample[i].what);
    CHECK(found[i].shard == sample[i].shard);
    CHECK(found[i].at == sample[i].at);
    CHECK(found[i].bytes == sample[i].bytes);
  }
}

TEST_CASE("one encoder makes the same bytes again and again") {
  group_encoder encoder;
  for (auto round = 0; round < 3; ++round) {
    encoder.begin(9);
    for (auto& x : sample)
      encoder.add(x);
    CHECK(encoder.finish() == encoded(9, sample));
  }
}

TEST_CASE("the format is this one") {
  auto value = encoded(1, {append(1, 2, "x")});
  CHECK(value.substr(0, 8) == std::string("\1\0\0\0\1\0\0\0", 8));
  CHECK(value.substr(16)
        == std::string("\0"
                       "\1\0\0\0"
                       "\2\0\0\0\0\0\0\0"
                       "\1\0\0\0\0\0\0\0x",
                       22));
}

TEST_CASE("every flipped bit, cut or other number is found") {
  auto value = encoded(9, sample);
  std::vector<store_change> found;
  CHECK(code_of(decoded(8, value, found)) == errc::corrupt);
  for (auto bit = size_t{0}; bit < value.size() * 8; ++bit) {
    auto bytes = value;
    bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ (1 << bit % 8));
    REQUIRE(code_of(decoded(9, bytes, found)) == errc::corrupt);
  }
  for (auto size = size_t{0}; size < value.size(); ++size)
    REQUIRE(code_of(decoded(9, value.substr(0, size), found)) == errc::corrupt);
  CHECK(found.empty());
}

TEST_CASE("headers and ids belong to their key") {
  auto value = encode_header(shard_id{3}, {sequence{4}, {5, 6}, "m"});
  auto header = decode_header(shard_id{3}, value);
  REQUIRE(header);
  CHECK(header->floor == log_position{5, 6});
  CHECK(header->meta == "m");
  CHECK_FALSE(decode_header(shard_id{4}, value));
  CHECK(decode_id(encode_id(store_id{7}))->value == 7);
  CHECK_FALSE(decode_id(encode_id(store_id{0})));
}

TEST_CASE("a newer format is not taken for damage") {
  auto value = encoded(9, sample);
  value[0] = 2;
  auto head = XXH3_64bits_withSeed(value.data(), 8, 9);
  auto sum = XXH3_64bits_withSeed(value.data() + 16, value.size() - 16, head);
  std::memcpy(value.data() + 8, &sum, 8);
  std::vector<store_change> found;
  auto done = decoded(9, value, found);
  CHECK(code_of(done) == errc::invalid_argument);
  CHECK(done.failure().message
        == "a newer program wrote it, in format 2, and this one reads formats "
           "up to 1: start the newer one again");
}

TEST_CASE("entry format: a command over as many shards as there can be") {
  muster::log_entry x;
  x.kind = muster::entry_kind::commit_part;
  for (uint32_t i = 0; i < muster::command_parts_max; ++i)
    x.others.push_back(muster::shard_id{i});
  x.otherwise = true;
  const muster::entry_format format;
  auto read = format.decode(format.encode(x));
  REQUIRE(read);
  CHECK(read->others == x.others);
  CHECK(read->otherwise);
}
