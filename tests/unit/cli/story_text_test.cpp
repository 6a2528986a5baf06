// SPDX-License-Identifier: Apache-2.0
#include "cli/story_text.hpp"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <sstream>
#include <vector>

using namespace muster::cli;

namespace {

json row(const char* machine, int shard, const char* by) {
  return {{"machine", machine},
          {"address", "a:1"},
          {"shard", shard},
          {"reason", "copy of prefix"},
          {"prefix", "/p"},
          {"enlisted_by", by},
          {"enlisted_after_ns", 1000},
          {"acknowledged_after_ns", 2000}};
}

json story_of(std::vector<json> participants) {
  json out{{"command", "m1.1.1"},
           {"outcome", "committed"},
           {"shard", 1},
           {"other_shards", {2}}};
  out["participants"] = json::array();
  for (auto& x : participants)
    out["participants"].push_back(std::move(x));
  return out;
}

json home(const char* machine, int shard) {
  return {{"machine", machine},
          {"shard", shard},
          {"reason", "home"},
          {"enlisted_by", "m1"}};
}

/// `  m4 2` for each participant, in order: indented, machine, shard.
std::vector<std::string> lines(const json& story) {
  std::istringstream in{story_text(story)};
  std::vector<std::string> out;
  for (std::string line; std::getline(in, line);) {
    std::istringstream words{line};
    std::string machine, address, shard;
    if (words >> machine >> address >> shard && address != "m1.1.1:")
      out.push_back((line.front() == ' ' ? "  " : "") + machine + " " + shard);
  }
  out.erase(out.begin()); // the head
  return out;
}

using all = std::vector<std::string>;

} // namespace

TEST_CASE("story: those behind a switch stand below it, shard by shard") {
  auto x = story_of({home("m2", 1), home("m3", 2), row("s1", 1, "m2"),
                     row("m4", 2, "s1"), row("m4", 1, "s1"), row("s1", 2, "m3"),
                     row("m5", 2, "s1")});
  CHECK(lines(x)
        == all{"m2 1", "m3 2", "s1 1", "  m4 1", "s1 2", "  m4 2", "  m5 2"});
}

TEST_CASE("story: nobody is left out") {
  auto x = story_of({home("m2", 1), row("s1", 1, "m2"), row("m4", 2, "s1")});
  CHECK(lines(x) == all{"m2 1", "s1 1", "  m4 2"});
}

TEST_CASE("story: a home that holds a copy of another shard is no switch") {
  auto x = story_of({home("m2", 1), row("m2", 2, "m3"), row("m4", 1, "m2")});
  CHECK(lines(x) == all{"m2 1", "m2 2", "m4 1"});
}
