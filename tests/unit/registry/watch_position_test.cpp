// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "registry/watch_position.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

constexpr uint32_t shard_count = 4;

std::string round_trip(std::string_view text, std::string_view prefix) {
  auto x = watch_position::parse(text, prefix, shard_count, 3);
  return x ? x->text() : "refused";
}

} // namespace

TEST_CASE("watch_position: what it writes it reads") {
  CHECK(round_trip("3/0:7,1:0,2:18446744073709551615,3:1", "/")
        == "3/0:7,1:0,2:18446744073709551615,3:1");
  auto own = std::to_string(shard_of("/a/b", shard_count).value);
  CHECK(round_trip(own + ":9", "/a/b") == "3/" + own + ":9");
  CHECK(round_trip("9", "/a/b") == "3/" + own + ":9");
  CHECK(round_trip("0", "/") == "3/0:0,1:0,2:0,3:0");
}

TEST_CASE("watch_position: one of another generation begins anew") {
  CHECK(round_trip("2/0:7,1:0,2:5,3:1", "/") == "3/0:0,1:0,2:0,3:0");
}

TEST_CASE("watch_position: of another prefix, or no position, is refused") {
  for (auto text : {"", "7", "x", "/0:1,1:1,2:1,3:1", "x/0:1,1:1,2:1,3:1",
                    "0:1", "0:1,1:1,2:1", "0:1,1:1,2:1,4:1", "0:1,1:1,2:1,3:1,",
                    "0:1,1:1,2:1,2:1", "0:1,1:1,2:1,3:-1",
                    "0:1,1:1,2:1,3:18446744073709551616", "0:1 ,1:1,2:1,3:1"})
    CHECK(round_trip(text, "/") == "refused");
  auto other = (shard_of("/a/b", shard_count).value + 1) % shard_count;
  CHECK(round_trip(std::to_string(other) + ":9", "/a/b") == "refused");
}

TEST_CASE("watch_position: it is whole when every shard has told its own") {
  watch_position x{1, 2};
  watch_event told;
  told.resume = sequence{3};
  x.take(told);
  CHECK(x.text().empty());
  told.shard = shard_id{1};
  told.resume.reset();
  x.take(told);
  CHECK(x.text().empty());
  told.resume = sequence{4};
  x.take(told);
  CHECK(x.text() == "1/0:3,1:4");
}
