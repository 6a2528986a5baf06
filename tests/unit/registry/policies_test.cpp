// SPDX-License-Identifier: Apache-2.0

// Policies through all cores of one shard: enlisted, waited for, in flight.

#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

std::vector<policy> audit_by(const std::string& id) {
  return {{"watch", "/billing", {machine_id{id}}, "audit"}};
}

/// Three replicas, and m4 that stores nothing.
struct audited : trio {
  explicit audited(bool with_policy = true) : trio(3, 4) {
    if (with_policy)
      set_policies(audit_by("m4"));
    REQUIRE(run_until_served());
  }

  /// Whether the verdict has an acknowledgement of m4, and which.
  const acknowledgement* ack_of(uint64_t slot, const std::string& id = "m4") {
    auto found = find_verdict(slot);
    REQUIRE(found);
    for (auto& x : found->acknowledged)
      if (x.who.id.value == id)
        return &x;
    return nullptr;
  }

  uint64_t write_slot(const std::string& id, const std::string& key) {
    auto slot = submit(0, put_command(id, key, "v"));
    REQUIRE(run_until([&] { return find_verdict(slot) != nullptr; }));
    return slot;
  }
};

} // namespace

TEST_CASE("policies: the machine is enlisted and acknowledges") {
  audited x;
  auto slot = x.write_slot("c1", "/billing/1");
  auto ack = x.ack_of(slot);
  REQUIRE(ack);
  CHECK(!ack->expelled);
  auto& who = x.at(0).enlisted[slot];
  REQUIRE(who.size() == 1);
  CHECK(who[0].reason == participation::policy);
  CHECK(who[0].prefix == "watch: audit");
  CHECK(who[0].address == "m4:0");
  x.run(100ms);
  CHECK(x.at(3).observer->committed_count() == 1);
}

TEST_CASE("policies: commands on other keys go as before") {
  audited x;
  auto slot = x.write_slot("c1", "/other/1");
  CHECK(!x.ack_of(slot));
  CHECK(x.at(0).enlisted[slot].empty());
}

TEST_CASE("policies: a command in flight is enlisted when a policy comes") {
  audited x{false};
  x.hold_disk(0);
  auto slot = x.submit(0, put_command("c1", "/billing/1", "v"));
  x.drain();
  x.cut(0, 3); // m4 is not reached yet
  x.set_policies(audit_by("m4"));
  x.sync(0);
  x.run(300ms);
  CHECK(!x.find_verdict(slot));
  x.join(0, 3);
  REQUIRE(x.run_until([&] { return x.find_verdict(slot) != nullptr; }));
  REQUIRE(x.ack_of(slot));
  CHECK(!x.ack_of(slot)->expelled);
  REQUIRE(x.at(0).enlisted[slot].size() == 1);
}

TEST_CASE("policies: a dead machine delays one command, and is reported") {
  audited x;
  x.kill(3);
  auto before = x.now();
  auto slot = x.write_slot("c1", "/billing/1");
  CHECK(x.now() - before > 1s);
  CHECK(x.now() - before < 1500ms); // T6; the lease is 2 s
  CHECK(x.ack_of(slot)->expelled);
  CHECK(x.notes.count("policy_machine_silent") == 1);
  before = x.now();
  slot = x.write_slot("c2", "/billing/2");
  CHECK(x.now() - before < 200ms);
  CHECK(x.ack_of(slot)->expelled);
  x.start(3);
  x.run(100ms);
  slot = x.write_slot("c3", "/billing/3");
  CHECK(!x.ack_of(slot)->expelled);
}

TEST_CASE("policies: nobody waits for a machine that is not registered") {
  audited x{false};
  x.set_policies(audit_by("m9"));
  auto before = x.now();
  x.write_slot("c1", "/billing/1");
  CHECK(x.now() - before < 200ms);
  CHECK(x.notes.count("policy_machine_unknown") == 1);
}

TEST_CASE("policies: a holder of a copy takes part once") {
  audited x;
  x.pin(3, "/billing");
  x.run(2s);
  size_t told = 0;
  x.loses = [&](size_t, size_t, const wire_message& m) {
    told += std::holds_alternative<observe>(m) ? 1 : 0;
    return false;
  };
  auto slot = x.write_slot("c1", "/billing/1");
  CHECK(told == 0);
  REQUIRE(x.ack_of(slot));
  CHECK(!x.ack_of(slot)->expelled);
  CHECK(x.at(0).enlisted[slot].size() == 2); // by copy and by policy
}

TEST_CASE("policies: a new primary tells of the tail that it inherits") {
  audited x;
  x.loses = [&](size_t, size_t to, const wire_message& m) {
    // The first term decides nothing.
    return to == 0 && std::holds_alternative<prepare_ack>(m);
  };
  x.submit(3, put_command("c1", "/billing/1", "v"));
  x.run(100ms);
  x.kill(0);
  REQUIRE(x.run_until([&] { return x.primary() && x.serves(); }));
  REQUIRE(x.run_until([&] {
    return x.read(1, "/billing/1") == "v" || x.read(2, "/billing/1") == "v";
  }));
  x.run(200ms);
  CHECK(x.at(3).observer->committed_count() == 1);
  CHECK(x.at(3).observer->undecided_count() == 0);
}

TEST_CASE("policies: a home that never saw them commits nothing, for a while") {
  trio x;
  x.policies_known = false;
  REQUIRE(x.run_until([&] { return x.primary().has_value(); }));
  x.run(2s);
  auto slot = x.submit(0, put_command("c1", "/a", "v"));
  x.run(1s);
  CHECK(!x.find_verdict(slot));
  SECTION("until it sees them") {
    x.set_policies({});
    x.run(100ms);
    CHECK(x.notes.count("policies_unknown") == 0);
  }
  SECTION("or until it has waited long enough, and says so") {
    x.run(6s);
    CHECK(x.notes.count("policies_unknown") >= 1);
  }
  REQUIRE(x.find_verdict(slot));
  CHECK(x.find_verdict(slot)->what == outcome::committed);
}
