// SPDX-License-Identifier: Apache-2.0

// The store beside a dumb twin in memory, under random calls and reopenings.

#include "tests/unit/store/store_fixture.hpp"

#include <map>

using namespace muster;
using namespace muster::test;

namespace {

/// What a shard should be.
struct twin_shard {
  std::string meta;
  uint64_t checkpoint = 0;
  std::map<std::string, std::string> rows;
  std::vector<std::string> entries;

  uint64_t last() const {
    return checkpoint + entries.size();
  }
};

struct twin_fixture : store_fixture {
  std::mt19937_64 random{GENERATE(range(uint64_t{1}, uint64_t{13}))};
  std::map<uint32_t, twin_shard> twin;
  uint32_t shards = 3;

  uint64_t below(uint64_t n) {
    return random() % n;
  }

  std::string word() {
    return std::string(below(40), static_cast<char>('a' + below(26)));
  }

  store_change change(uint32_t number) {
    auto& x = twin[number];
    switch (below(12)) {
      case 0:
        x.meta = word();
        return meta(number, x.meta);
      case 1:
        x.entries.resize(below(x.entries.size() + 1));
        return truncate(number, x.last());
      case 2:
        if (below(8) != 0)
          break;
        x.checkpoint = below(100);
        x.rows.clear();
        x.entries.clear();
        return reset(number, x.checkpoint);
      default:
        break;
    }
    x.entries.push_back(word());
    return append(number, x.last(), x.entries.back());
  }

  void random_write() {
    std::vector<store_change> changes;
    for (auto n = below(6) + 1; n > 0; --n)
      changes.push_back(change(static_cast<uint32_t>(below(shards))));
    db->write(std::move(changes), [](const status& done) { REQUIRE(done); });
  }

  void random_checkpoint() {
    auto number = static_cast<uint32_t>(below(shards));
    auto& x = twin[number];
    auto steps = below(x.entries.size() + 1);
    x.checkpoint += steps;
    x.entries.erase(x.entries.begin(),
                    x.entries.begin() + static_cast<ptrdiff_t>(steps));
    std::vector<state_row> rows;
    std::map<std::string, bool> used;
    for (auto n = below(5); n > 0; --n) {
      auto key = std::to_string(below(10));
      if (!used.emplace(key, true).second)
        continue;
      if (below(3) == 0) {
        x.rows.erase(key);
        rows.push_back({key, {}, true});
      } else {
        x.rows[key] = word();
        rows.push_back({key, x.rows[key], false});
      }
    }
    db->checkpoint({shard_id{number}, sequence{x.checkpoint}, rows},
                   [](const status& done) { REQUIRE(done); });
  }

  void compare() {
    for (auto& [number, x] : twin) {
      auto found = shard(number);
      std::map<std::string, std::string> rows;
      for (auto& row : found.rows)
        rows.emplace(row.key, row.value);
      REQUIRE(found.meta == x.meta);
      REQUIRE(found.checkpoint == sequence{x.checkpoint});
      REQUIRE(found.entries == x.entries);
      REQUIRE(rows == x.rows);
    }
  }
};

} // namespace

TEST_CASE_METHOD(twin_fixture, "the store does what its dumb twin does") {
  for (auto step = 0; step < 1200; ++step) {
    auto die = below(40);
    if (die == 0) {
      reopen();
      compare();
    } else if (die < 6) {
      random_checkpoint();
    } else {
      random_write();
    }
  }
  reopen();
  compare();
}
