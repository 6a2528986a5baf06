// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/log_index.hpp"
#include "tests/unit/store/store_fixture.hpp"

using namespace muster;
using namespace muster::test;
using groups = std::vector<uint64_t>;

TEST_CASE("a group goes when the last shard in it needs it no more") {
  log_index index;
  REQUIRE(index.apply(1, append(1, 1, "")));
  REQUIRE(index.apply(1, append(2, 1, "")));
  REQUIRE(index.apply(2, append(1, 2, "")));
  REQUIRE(index.apply(2, append(2, 2, "")));
  REQUIRE(index.checkpoint(3, shard_id{1}, sequence{1}));
  CHECK(index.take_unneeded().empty());
  REQUIRE(index.checkpoint(3, shard_id{2}, sequence{2}));
  CHECK(index.take_unneeded() == groups{1});
  REQUIRE(index.checkpoint(3, shard_id{1}, sequence{2}));
  CHECK(index.take_unneeded() == groups{2});
}

TEST_CASE("the floor is behind entries that were truncated") {
  log_index index;
  for (auto i = uint64_t{1}; i <= 9; ++i)
    REQUIRE(index.apply(1, append(1, i, "")));
  REQUIRE(index.apply(2, truncate(1, 3)));
  REQUIRE(index.apply(3, append(1, 4, "")));
  REQUIRE(index.apply(3, append(1, 5, "")));
  REQUIRE(index.checkpoint(4, shard_id{1}, sequence{4}));
  CHECK(index.at(shard_id{1}).floor == log_position{3, 1});
  CHECK(index.take_unneeded() == groups{1, 2});
}

TEST_CASE("replay ignores what lies below the floor") {
  log_index index;
  index.restore(shard_id{1}, sequence{4}, {3, 1}, "");
  index.replay_group(1);
  CHECK(*index.replay(1, append(1, 9, "")) == false);
  index.replay_group(3);
  CHECK(*index.replay(3, append(1, 4, "")) == false);
  CHECK(*index.replay(3, append(1, 5, "")) == true);
  CHECK(index.finish_replay() == 4);
  CHECK(index.take_unneeded() == groups{1});
}

TEST_CASE("the next group is above every floor") {
  log_index index;
  index.restore(shard_id{1}, sequence{4}, {7, 0}, "");
  CHECK(index.finish_replay() == 7);
}

TEST_CASE("a shard at rest is worth an empty checkpoint") {
  log_index index;
  REQUIRE(index.apply(1, meta(1, "m")));
  CHECK(index.idle_shards(1).empty());
  CHECK(index.idle_shards(2).size() == 1);
  REQUIRE(index.checkpoint(2, shard_id{1}, sequence{0}));
  CHECK(index.idle_shards(3).empty());
  CHECK(index.take_unneeded() == groups{1});
}

TEST_CASE("gaps, truncated checkpoints and long metas are refused") {
  log_index index;
  REQUIRE(index.apply(1, append(1, 1, "")));
  CHECK(code_of(index.apply(1, append(1, 3, ""))) == errc::invalid_argument);
  CHECK(code_of(index.apply(1, append(1, 1, ""))) == errc::invalid_argument);
  REQUIRE(index.checkpoint(1, shard_id{1}, sequence{1}));
  CHECK(code_of(index.apply(1, truncate(1, 0))) == errc::invalid_argument);
}
