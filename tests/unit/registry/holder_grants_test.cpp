// SPDX-License-Identifier: Apache-2.0
#include "registry/holder_grants.hpp"
#include "registry/key.hpp"

#include <catch2/catch.hpp>

#include <random>
#include <vector>

using namespace muster;

namespace {

grant_number covering(const holder_grants& x, std::string_view key) {
  auto found = x.newest_covering(key, true);
  return found ? found->second.number : grant_number{};
}

void hold(holder_grants& x, const std::string& path, bool exact, uint64_t n) {
  x.ask(path, exact);
  x.grant_as(path, exact, grant_number{n});
}

} // namespace

TEST_CASE("grants: a single key covers nothing below it (D6)") {
  holder_grants x;
  hold(x, "/a/b", true, 1);
  CHECK(covering(x, "/a/b") == grant_number{1});
  CHECK(covering(x, "/a/b/c") == grant_number{});
  CHECK(covering(x, "/a") == grant_number{});
  CHECK(covering(x, "/a/bc") == grant_number{});
}

TEST_CASE("grants: key and prefix of one name are two copies") {
  holder_grants x;
  hold(x, "/a", true, 1);
  hold(x, "/a", false, 2);
  CHECK(covering(x, "/a") == grant_number{2});
  CHECK(covering(x, "/a/b") == grant_number{2});
  CHECK(x.give_up(grant_number{2}));
  CHECK(covering(x, "/a") == grant_number{1});
  CHECK(x.prefix_count() == 0);
  CHECK(x.key_count() == 1);
}

TEST_CASE("grants: what is only asked for covers where that counts (D3)") {
  holder_grants x;
  x.ask("/a", true);
  CHECK(x.newest_covering("/a", true) == nullptr);
  REQUIRE(x.newest_covering("/a", false) != nullptr);
  x.refuse("/a", true);
  CHECK(x.newest_covering("/a", false) == nullptr);
  CHECK(x.key_count() == 0);
}

TEST_CASE("grants: a refusal leaves what was granted before") {
  holder_grants x;
  hold(x, "/a", true, 1);
  x.ask("/a", true);
  x.refuse("/a", true);
  CHECK(covering(x, "/a") == grant_number{1});
  CHECK(x.give_up(grant_number{1}));
  CHECK(x.key_count() == 0);
}

TEST_CASE("grants: an older number gives nothing up (D2)") {
  holder_grants x;
  hold(x, "/a", true, 1);
  hold(x, "/a", true, 2);
  CHECK_FALSE(x.give_up(grant_number{1}));
  CHECK_FALSE(x.give_up(grant_number{}));
  CHECK(covering(x, "/a") == grant_number{2});
}

TEST_CASE("grants: given up and asked for again stays asked for") {
  holder_grants x;
  hold(x, "/a", true, 1);
  x.ask("/a", true);
  CHECK(x.give_up(grant_number{1}));
  CHECK(x.newest_covering("/a", true) == nullptr);
  CHECK(x.newest_covering("/a", false) != nullptr);
}

TEST_CASE("grants: as a list of them would say") {
  std::mt19937 random{7};
  const std::vector<std::string> paths{"/",   "/a", "/a/b",   "/a/b/c", "/a/c",
                                       "/ab", "/b", "/b/c/d", "/a/bc",  "/b/c"};
  for (auto round = 0; round < 200; ++round) {
    holder_grants clever;
    std::map<std::pair<std::string, bool>, uint64_t> dumb;
    for (uint64_t n = 1; n < 30; ++n) {
      auto& path = paths[random() % paths.size()];
      auto exact = random() % 2 == 0 && path != "/";
      if (random() % 4 != 0) {
        hold(clever, path, exact, n);
        dumb[{path, exact}] = n;
      } else if (auto i = dumb.find({path, exact}); i != dumb.end()) {
        REQUIRE(clever.give_up(grant_number{i->second}));
        dumb.erase(i);
      }
      for (auto& key : paths) {
        uint64_t newest = 0;
        for (auto& [name, number] : dumb)
          if (name.second ? name.first == key : covers(name.first, key))
            newest = std::max(newest, number);
        REQUIRE(covering(clever, key) == grant_number{newest});
      }
    }
  }
}
