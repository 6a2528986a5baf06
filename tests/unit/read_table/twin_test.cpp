// SPDX-License-Identifier: Apache-2.0

// The table beside a dumb twin, under random operations.

#include "registry/key.hpp"
#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>

using namespace muster;
using namespace muster::test;

namespace {

/// What the twin knows of one key.
struct entry {
  std::string text;

  /// The table may have forgotten it: a tombstone outside of every prefix.
  bool may_be_forgotten = false;
};

struct twin {
  std::map<std::string, entry> records;
  std::set<std::string> prefixes;
  bool leased = true;

  bool covered(std::string_view path) const {
    return std::ranges::any_of(prefixes, [&](const auto& prefix) {
      return covers(prefix, path);
    });
  }

  /// What a read may say.
  std::set<std::string> get(const std::string& key) const {
    auto i = records.find(key);
    std::set<std::string> allowed;
    if (i == records.end())
      return {covered(key) ? leased ? "absent" : "lease over" : "not held"};
    if (i->second.may_be_forgotten && !covered(key))
      allowed.insert("not held");
    auto silent = i->second.text == "invalid";
    allowed.insert(silent || leased ? i->second.text : "lease over");
    return allowed;
  }

  std::string list(const std::string& prefix) const {
    if (!covered(prefix))
      return "not held";
    std::string text;
    for (const auto& [key, x] : records) {
      if (!covers(prefix, key) || x.text == "absent")
        continue;
      if (x.text == "invalid")
        return "invalid";
      text += (text.empty() ? "" : " ") + key + "=" + x.text;
    }
    return leased ? text : "lease over";
  }
};

struct pair : table_fixture {
  twin model;
  std::mt19937 random;
  uint64_t version = 0;

  explicit pair(unsigned seed) : random(seed) {
    begin();
  }

  size_t below(size_t n) {
    return random() % n;
  }

  std::string any_key() {
    auto group = std::string{"/g"} + std::to_string(below(3));
    return group + "/k" + std::to_string(below(40));
  }

  std::string any_prefix() {
    return std::array<std::string, 5>{"/", "/g0", "/g1", "/g2",
                                      "/g1/k1"}[below(5)];
  }

  void store(const std::string& key) {
    if (below(3) == 0) {
      erase(key);
      model.records[key] = {"absent", true};
    } else {
      put(key, "v", ++version);
      model.records[key] = {"v@" + std::to_string(version), false};
    }
  }

  void mark(const std::vector<std::string>& keys) {
    invalidate(keys);
    for (const auto& key : keys) {
      auto i = model.records.find(key);
      auto forgotten = i != model.records.end() && i->second.may_be_forgotten;
      if (i != model.records.end() || model.covered(key))
        model.records[key] = {"invalid", forgotten && !model.covered(key)};
    }
  }

  void install(const std::string& prefix) {
    // All records of the prefix first, as a grant does.
    for (auto& [key, x] : model.records)
      if (covers(prefix, key))
        store(key);
    table.install_prefix(shard, prefix);
    model.prefixes.insert(prefix);
  }

  void evict(const std::string& key) {
    for (auto i = model.prefixes.begin(); i != model.prefixes.end();)
      if (covers(*i, key)) {
        table.drop_prefix(shard, *i);
        i = model.prefixes.erase(i);
      } else {
        ++i;
      }
    table.evict(shard, key);
    model.records.erase(key);
  }

  void step() {
    switch (below(32)) {
      case 0:
        begin();
        model = {};
        break;
      case 1:
      case 2:
        install(any_prefix());
        break;
      case 3: {
        auto prefix = any_prefix();
        table.drop_prefix(shard, prefix);
        model.prefixes.erase(prefix);
        break;
      }
      case 4:
        model.leased = !model.leased;
        lease(model.leased ? 10s : -1s);
        break;
      case 5:
        evict(any_key());
        break;
      case 6:
        table.reclaim();
        break;
      default: {
        std::vector<std::string> keys{any_key(), any_key()};
        mark(keys);
        if (below(4) > 0)
          for (const auto& key : keys)
            store(key);
      }
    }
  }

  void compare() {
    auto key = any_key();
    auto seen = get(key);
    INFO("key " << key << " read as " << seen);
    REQUIRE(model.get(key).contains(seen));
    auto prefix = any_prefix();
    INFO("prefix " << prefix);
    REQUIRE(list(prefix) == model.list(prefix));
  }
};

} // namespace

TEST_CASE("table agrees with its twin", "[twin]") {
  for (unsigned seed = 1; seed <= 40; ++seed) {
    INFO("seed " << seed);
    pair both{seed};
    for (int i = 0; i < 1'000; ++i) {
      INFO("step " << i);
      both.step();
      both.compare();
    }
  }
}
