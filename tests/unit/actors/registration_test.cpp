// SPDX-License-Identifier: Apache-2.0
#include "actors/registration.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <optional>

using namespace muster;

namespace {

/// Keys in memory; answers at once.
class plain_coordinator : public coordinator {
public:
  std::map<std::string, coordinator_entry> entries;
  bool away = false;

  void range(std::string prefix, callback<coordinator_range> then) override {
    if (away)
      return then(error{errc::unavailable, "away"});
    coordinator_range out{revision_, {}};
    for (auto& [key, entry] : entries)
      if (key.starts_with(prefix))
        out.entries.push_back(entry);
    then(out);
  }

  void txn(coordinator_txn x, callback<coordinator_txn_answer> then) override {
    for (auto& compare : x.compares)
      if (entries[compare.key].mod_revision != compare.mod_revision)
        return then(coordinator_txn_answer{false, revision_});
    ++revision_;
    for (auto& put : x.puts)
      entries[put.key] = {put.key, put.value, revision_};
    for (auto& key : x.deletes)
      entries.erase(key);
    std::erase_if(entries, [](auto& y) { return y.second.mod_revision == 0; });
    then(coordinator_txn_answer{true, revision_});
  }

  void keep_alive(std::chrono::seconds, callback<bool> then) override {
    then(true);
  }

  void watch(std::string, std::function<void()>) override {
    // nop
  }

private:
  uint64_t revision_ = 1;
};

/// Machine m1 beside m10, whose keys begin with m1's.
struct registered {
  plain_coordinator coord;
  member own;

  registered() {
    own = start("m1");
    start("m10");
  }

  member start(const std::string& id) {
    member out;
    out.who.id = machine_id{id};
    out.store = store_id{5};
    register_machine(coord, {"/c/", out, "config", claim_of(out, 0)},
                     [&](const result<incarnation>& x) {
                       REQUIRE(x);
                       out.who.run = *x;
                     });
    return out;
  }

  bool lives(const std::string& id) const {
    return coord.entries.count("/c/alive/" + id) == 1;
  }

  std::optional<bool> withdraw() {
    std::optional<bool> out;
    withdraw_machine(coord, "/c/", own, [&](const result<bool>& x) {
      if (x)
        out = *x;
    });
    return out;
  }
};

} // namespace

TEST_CASE("registration: a machine that withdraws is not alive") {
  registered x;
  REQUIRE(x.lives("m1"));
  CHECK(x.withdraw() == true);
  CHECK_FALSE(x.lives("m1"));
  CHECK(x.lives("m10"));
  CHECK(x.coord.entries.count("/c/members/m1") == 1); // until it is removed
}

TEST_CASE("registration: a later process under the same id stays alive") {
  registered x;
  x.start("m1");
  CHECK(x.withdraw() == false);
  CHECK(x.lives("m1"));
}

TEST_CASE("registration: without the coordinator the lease ends it") {
  registered x;
  x.coord.away = true;
  CHECK_FALSE(x.withdraw());
}

TEST_CASE("registration: who stores nothing knows its own lock again") {
  plain_coordinator coord;
  member own;
  own.who.id = machine_id{"m1"};
  auto ask = [&](uint64_t random) {
    std::optional<errc> failed;
    register_machine(coord, {"/c/", own, "config", claim_of(own, random)},
                     [&](const result<incarnation>& x) {
                       if (!x)
                         failed = x.failure().code;
                     });
    return failed;
  };
  REQUIRE_FALSE(ask(7));
  // The answer to the first attempt was lost: the same process asks again.
  CHECK_FALSE(ask(7));
  CHECK(ask(8) == errc::in_use);
}
