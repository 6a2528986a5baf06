// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_state.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace muster;

namespace {

using row_map = std::map<std::string, std::string>;

struct history {
  shard_state state;
  row_map checkpoint;
  std::mt19937_64 random{11};

  void command(const std::string& key, const std::string& value,
               const std::string& id, bool erased = false) {
    log_entry x;
    x.id = command_id{id};
    x.effects.push_back({key, value, erased, false, {}});
    x.counters = {7, -7};
    x.digest = static_cast<uint32_t>(std::hash<std::string>{}(id) % 3);
    apply(std::move(x));
  }

  void forget(uint64_t floor) {
    log_entry x;
    x.kind = entry_kind::forget;
    x.floor = sequence{floor};
    apply(std::move(x));
  }

  void apply(log_entry x) {
    x.at = state.committed().next();
    x.of = term{3};
    state.apply(x, x.at.value * 1001);
  }

  void some() {
    for (auto n = random() % 9; n > 0; --n) {
      auto next = state.committed().value + 1;
      if (random() % 6 == 0)
        forget(next / 2);
      else
        command("/k" + std::to_string(random() % 5), std::to_string(next),
                "c" + std::to_string(next), random() % 3 == 0);
    }
  }

  void write_checkpoint() {
    for (auto& row : state.take_changes())
      if (row.erased)
        checkpoint.erase(row.key);
      else
        checkpoint[row.key] = row.value;
  }

  row_map rows() const {
    row_map out;
    for (auto& row : state.rows())
      out[row.key] = row.value;
    return out;
  }
};

} // namespace

TEST_CASE("shard_state: checkpoints add up to the rows, rows to the state") {
  history x;
  for (auto n = 0; n < 300; ++n) {
    x.some();
    x.write_checkpoint();
    REQUIRE(x.checkpoint == x.rows());
    shard_state loaded;
    REQUIRE(loaded.load(x.state.rows()));
    REQUIRE(loaded.committed() == x.state.committed());
    REQUIRE(loaded.floor() == x.state.floor());
    REQUIRE(loaded.rows().size() == x.state.rows().size());
  }
}

TEST_CASE("shard_state: a remembered command has its version and counters") {
  history x;
  x.command("/a", "1", "first");
  auto found = x.state.find(command_id{"first"});
  REQUIRE(found);
  CHECK(found->at == sequence{1});
  CHECK(found->counters == std::vector<int64_t>{7, -7});
  CHECK(x.state.find("/a")->version == sequence{1});
}

TEST_CASE("shard_state: rows keep the digest of a client's command") {
  history x;
  log_entry entry;
  entry.id = command_id{"=job"};
  entry.digest = 0x80000001;
  x.apply(entry);
  x.command("/a", "1", "m1.1.1");
  shard_state loaded;
  REQUIRE(loaded.load(x.state.rows()));
  CHECK(loaded.find(command_id{"=job"})->digest == 0x80000001);
}

TEST_CASE("shard_state: forgetting raises the floor and keeps the records") {
  history x;
  x.command("/a", "1", "first");
  x.command("/b", "2", "second");
  x.forget(1);
  CHECK_FALSE(x.state.find(command_id{"first"}));
  CHECK(x.state.find(command_id{"second"}));
  CHECK(x.state.floor() == sequence{1});
  CHECK(x.state.find("/a"));
}

TEST_CASE("shard_state: malformed rows are refused") {
  shard_state x;
  CHECK_FALSE(x.load({{"", ""}}));
  CHECK_FALSE(x.load({{"h", "short"}}));
  CHECK_FALSE(x.load({{"r/a", "short"}}));
  CHECK_FALSE(x.load({{"d", "x"}}));
  CHECK_FALSE(x.load({{"d12345678", std::string{"\x01"} + "\x7F\x7F\x7F\x7F"
                                      + "\x7F\x7F\x7F\x7F"}}));
  CHECK_FALSE(x.load({{"z", ""}}));
}
