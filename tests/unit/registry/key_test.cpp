// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("key: what users write is accepted") {
  for (auto key : {"/a", "/machines/m1/load", "/caf\xC3\xA9", "/a b", "/."})
    CHECK(check_key(key));
}

TEST_CASE("key: every broken rule is refused") {
  for (auto key : {"", "a", "/", "/a/", "//a", "/a//b", "/a\n", "/a\x7F",
                   "/a\x80", "/\xC0\xAF"})
    CHECK_FALSE(check_key(key));
}

TEST_CASE("key: the limit is the last length that passes") {
  auto longest = "/" + std::string(key_bytes_max - 1, 'x');
  CHECK(check_key(longest));
  CHECK_FALSE(check_key(longest + "x"));
}

TEST_CASE("key: a prefix ends at a segment") {
  CHECK(covers("/machines/m1", "/machines/m1"));
  CHECK(covers("/machines/m1", "/machines/m1/load"));
  CHECK_FALSE(covers("/machines/m1", "/machines/m10"));
  CHECK_FALSE(covers("/machines/m1/load", "/machines/m1"));
  CHECK(covers("/", "/anything"));
}

TEST_CASE("key: a prefix loses the slash at its end") {
  CHECK(*normalize_prefix("/a/") == "/a");
  CHECK(*normalize_prefix("/a") == "/a");
  CHECK(*normalize_prefix("/") == "/");
  CHECK_FALSE(normalize_prefix("//"));
  CHECK_FALSE(normalize_prefix("a/"));
}

TEST_CASE("key: an entity group lives in one shard") {
  CHECK(entity_group("/machines/m1/load/cpu") == "/machines/m1");
  CHECK(entity_group("/one") == "/one");
  for (uint32_t shards : {1u, 7u, 64u}) {
    CHECK(shard_of("/machines/m1/a", shards)
          == shard_of("/machines/m1", shards));
    CHECK(shard_of("/machines/m1", shards).value < shards);
  }
  CHECK(within_one_shard("/machines/m1"));
  CHECK_FALSE(within_one_shard("/machines"));
  CHECK_FALSE(within_one_shard("/"));
}
