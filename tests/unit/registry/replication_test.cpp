// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

/// Three replicas (and more machines) that serve.
struct served : trio {
  explicit served(size_t machine_count = 3, shard_options options = {})
    : trio(3, machine_count, options) {
    REQUIRE(run_until_served());
    run(1s);
  }

  void expect_everywhere(const std::string& key, const std::string& value) {
    run(3s);
    for (size_t i = 0; i < size(); ++i)
      CHECK(read(i, key) == value);
  }

  bool whole() {
    return run_until([this] { return serves() && in_sync_count() == 3; });
  }
};

shard_options small_window() {
  shard_options out;
  out.checkpoint_entries = 4;
  out.window_bytes = 64;
  out.chunk_bytes = 32;
  return out;
}

} // namespace

TEST_CASE("replication: a new shard is taken over by its first replica") {
  trio all;
  REQUIRE(all.run_until_served());
  CHECK(all.primary() == 0u);
  CHECK(all.in_sync_count() == 3);
}

TEST_CASE("replication: a write is read on every replica") {
  served all;
  CHECK(all.put("/a", "1") == "committed");
  all.drain();
  all.expect_everywhere("/a", "1");
  CHECK(all.read(1, "/b") == "absent");
}

TEST_CASE("replication: a refused guard changes nothing and is told") {
  served all;
  CHECK(all.write(0, create_command("m1.1.1", "/a", "1")) == "committed");
  CHECK(all.write(0, create_command("m1.1.2", "/a", "2")) == "refused");
  CHECK(all.read(0, "/a") == "1");
  CHECK(all.context(0).log.last() == sequence{1});
}

TEST_CASE("replication: a retry learns what the first attempt did (I10)") {
  served all;
  auto x = put_command("m1.1.1", "/a", "1");
  CHECK(all.write(0, x) == "committed");
  CHECK(all.write(1, x, 2) == "committed");
  CHECK(all.context(0).log.last() == sequence{1});
}

TEST_CASE("replication: the refusal of a retry is logged (C3)") {
  served all;
  all.put("/a", "1");
  auto x = create_command("m1.1.9", "/a", "2");
  CHECK(all.write(0, x, 2) == "refused");
  CHECK(all.context(0).log.last() == sequence{2});
  CHECK(all.write(0, erase_command("m1.1.10", "/a")) == "committed");
  CHECK(all.write(0, x, 3) == "refused");
}

TEST_CASE("replication: a client's id sent again for another command") {
  served all;
  auto first = put_command("=job", "/a", "1");
  auto other = put_command("=job", "/a", "2");
  CHECK(all.write(0, first) == "committed");
  auto slot = all.submit(1, other, 1, sequence{1});
  all.drain();
  auto told = all.find_verdict(slot);
  REQUIRE(told);
  CHECK(told->what == outcome::refused);
  CHECK(told->id_reused);
  CHECK(told->logged); // so that an origin believes it after other attempts
  CHECK(told->detail.find("committed as version 1;") != std::string::npos);
  CHECK(told->version == sequence{});
  all.expect_everywhere("/a", "1");
  CHECK(all.write(1, first, 2) == "committed");
}

TEST_CASE("replication: another command under an undecided id waits for it") {
  served all;
  all.hold_disk(2);
  auto first = all.submit(0, put_command("=job", "/a", "1"));
  auto retry = all.submit(1, put_command("=job", "/a", "1"));
  auto other = all.submit(1, erase_command("=job", "/b"));
  all.drain();
  CHECK_FALSE(all.find_verdict(other)); // another term may not know the first
  all.sync(2);
  all.drain();
  CHECK(all.find_verdict(first)->what == outcome::committed);
  CHECK(all.find_verdict(retry)->what == outcome::committed);
  CHECK(all.find_verdict(other)->id_reused);
}

TEST_CASE("replication: a new primary tells commands of one id apart too") {
  served all;
  CHECK(all.write(0, put_command("=job", "/a", "1")) == "committed");
  CHECK(all.write(0, create_command("=no", "/a", "1")) == "refused");
  all.kill(0);
  REQUIRE(all.run_until([&] { return all.primary() && all.serves(); }));
  for (auto id : {"=job", "=no"}) {
    auto slot = all.submit(1, put_command(id, "/a", "2"));
    all.drain();
    REQUIRE(all.find_verdict(slot));
    CHECK(all.find_verdict(slot)->id_reused);
  }
}

TEST_CASE("replication: a verdict tells what is committed, not prepared") {
  served all;
  CHECK(all.put("/a", "1") == "committed");
  all.hold_disk(2);
  all.submit(0, put_command("m1.1.7", "/b", "1"));
  auto slot = all.submit(0, create_command("m1.1.8", "/a", "2"));
  all.run(200ms);
  if (auto told = all.find_verdict(slot))
    CHECK(told->reached == sequence{1});
  all.sync(2);
  all.drain();
  REQUIRE(all.find_verdict(slot));
  CHECK(all.find_verdict(slot)->reached == sequence{2});
}

TEST_CASE("replication: an entry waits for every backup's disk (C1)") {
  served all;
  all.hold_disk(2);
  auto slot = all.submit(0, put_command("m1.1.1", "/a", "1"));
  all.drain();
  CHECK_FALSE(all.find_verdict(slot));
  CHECK(all.read(1, "/a") == "silent"); // marked before it acknowledged
  all.sync(2);
  all.drain();
  REQUIRE(all.find_verdict(slot));
  CHECK(all.read(1, "/a") == "1");
}

TEST_CASE("replication: an acknowledgement of another session is none (T4)") {
  served all;
  auto home = all.primary();
  REQUIRE(home);
  auto last = all.assigned().in_sync.size() - 1;
  all.hold_disk(last);
  all.submit(0, put_command("m1.1.1", "/a", "1"));
  all.drain();
  auto& primary = *all.at(*home).replica;
  auto before = primary.context().state.committed();
  auto acknowledge = [&](const peer& from, term of, session in) {
    flow link{only_shard, of, in, all.at(*home).self.run};
    shard_effects out;
    primary.on_message(from, prepare_ack{link, before.next()}, all.now(), out);
    return primary.context().state.committed();
  };
  auto from = all.at(last).self;
  auto of = all.assigned().of;
  CHECK(acknowledge(from, of, session{999}) == before);
  CHECK(acknowledge(from, term{1}, session{1}) == before);
  CHECK(acknowledge({from.id, from.run.next()}, of, session{1}) == before);
}

TEST_CASE("replication: a backup that only renews leases is dropped (T6)") {
  served all;
  all.hold_disk(2);
  CHECK(all.write(0, put_command("m1.1.1", "/a", "1")) == "committed");
  CHECK(all.in_sync_count() == 2);
  all.sync(2);
  CHECK(all.whole());
  all.expect_everywhere("/a", "1");
}

TEST_CASE("replication: who is about to be dropped is not covered (T6)") {
  served all;
  all.put("/a", "1");
  all.hold_disk(2);
  all.at(0).coordinated = false; // the swap that drops m3 goes nowhere
  all.submit(0, put_command("m1.1.7", "/b", "1"));
  REQUIRE(all.run_until([&] { return all.notes.count("backup_lags") > 0; }));
  all.sync(2); // it acknowledges meanwhile
  all.run(3s);
  CHECK(all.read(2, "/a") == "silent");
  all.at(0).coordinated = true;
  CHECK(all.whole());
  all.expect_everywhere("/b", "1");
}

TEST_CASE("replication: a primary with a wrong clock steps down (T2)") {
  served all;
  all.put("/a", "1");
  auto before = all.notes.count("takeover_started");
  all.doubt(0, true);
  all.drain();
  CHECK_FALSE(all.at(0).replica->is_primary());
  CHECK(all.read(0, "/a") == "silent");
  all.run(5s);
  CHECK(all.notes.count("takeover_started") == before); // nor asks again
  all.doubt(0, false);
  CHECK(all.whole());
  all.expect_everywhere("/a", "1");
}

TEST_CASE("replication: who is alone leads whatever its clock (T2)") {
  shard_options options;
  options.min_copies = 1;
  trio all{1, 1, options};
  REQUIRE(all.run_until_served());
  all.doubt(0, true);
  all.run(5s);
  CHECK(all.primary() == 0u);
}

TEST_CASE("replication: an answer to an earlier question is none (L2)") {
  served all;
  auto former = all.at(0).self;
  all.kill(0);
  auto before = all.notes.count("takeover_started");
  auto started = [&] { return all.notes.count("takeover_started") > before; };
  for (auto i = 0; i < 200 && !started(); ++i) {
    all.drain();
    all.tick();
  }
  REQUIRE(started()); // its own question waits in the queue
  cover what{only_shard, cover_kind::authority, all.assigned().of, session{}};
  uncovered earlier{former, what, all.now() - 1s, 0};
  shard_effects out;
  all.at(1).replica->on_uncovered(earlier, all.now(), out);
  auto asks = [](auto& x) { return std::holds_alternative<swap_effect>(x); };
  CHECK(std::none_of(out.begin(), out.end(), asks));
  CHECK(all.run_until_served());
}

TEST_CASE("replication: a dropped backup returns by log") {
  served all;
  all.isolate(2);
  CHECK(all.put("/a", "1") == "committed");
  all.heal();
  CHECK(all.whole());
  all.expect_everywhere("/a", "1");
  CHECK(all.notes.count("snapshot_started") == 0);
}

TEST_CASE("replication: a silent primary is replaced, nothing is lost (I3)") {
  served all;
  all.put("/a", "1");
  all.kill(0);
  REQUIRE(all.run_until_served());
  CHECK(all.primary() == 1u);
  CHECK(all.read(1, "/a") == "1");
  CHECK(all.write(1, put_command("m2.1.1", "/b", "2")) == "committed");
  all.start(0);
  CHECK(all.whole());
  all.expect_everywhere("/b", "2");
}

TEST_CASE("replication: all three restart from their disks (I3)") {
  served all{3, small_window()};
  for (auto i = 0; i < 9; ++i)
    all.put("/k" + std::to_string(i), "v");
  for (size_t i = 0; i < 3; ++i)
    all.kill(i);
  for (size_t i = 0; i < 3; ++i)
    all.start(i);
  CHECK(all.whole());
  all.expect_everywhere("/k0", "v");
  all.expect_everywhere("/k8", "v");
}

TEST_CASE("replication: a restarted primary begins a new term (T5)") {
  served all;
  all.put("/a", "1");
  auto before = all.assigned().of;
  all.restart(0);
  REQUIRE(all.run_until_served());
  CHECK(all.assigned().of > before);
  CHECK(all.put("/a", "2") == "committed");
}

TEST_CASE("replication: a fence waits for the incarnation it asked (D4)") {
  served all{4};
  all.put("/a", "1");
  all.loses = [](size_t, size_t to, const wire_message& x) {
    return to == 3 && std::holds_alternative<fence>(x);
  };
  all.kill(0);
  REQUIRE(all.run_until([&] { return all.primary() == 1u; }));
  auto& primary = *all.at(1).replica;
  all.run(500ms); // the other one has answered
  REQUIRE_FALSE(primary.fenced());
  auto answer = [&](const peer& from) {
    shard_effects out;
    fence_ack x{only_shard, all.assigned().of, all.at(1).self.run};
    primary.on_message(from, x, all.now(), out);
    return primary.fenced();
  };
  auto asked = all.at(3).self;
  CHECK_FALSE(answer({asked.id, asked.run.next()}));
  CHECK(answer(asked));
}

TEST_CASE("replication: an undecided tail is silent, then decided (L4)") {
  served all;
  all.put("/a", "1");
  all.hold_disk(0);
  all.submit(0, put_command("m1.1.7", "/a", "2"));
  all.drain(); // durable on both backups, not at home
  all.kill(0);
  REQUIRE(all.run_until([&] { return all.primary().has_value(); }));
  CHECK(all.read(*all.primary(), "/a") == "silent");
  REQUIRE(all.run_until_served());
  CHECK(all.read(*all.primary(), "/a") == "2");
  CHECK(all.write(1, put_command("m1.1.7", "/a", "2"), 2) == "committed");
  CHECK(all.context(1).log.last() == sequence{2});
}

// The former primary commits the tail when it hears of the acknowledgement.
TEST_CASE("replication: without the tail nobody is covered or added (T3, M4)") {
  served all;
  all.put("/a", "1");
  all.isolate(2);
  REQUIRE(all.run_until([&] { return all.in_sync_count() == 2; }));
  all.loses = [](size_t from, size_t to, const wire_message& x) {
    auto acknowledges = from == 1 && to == 0
                        && std::holds_alternative<prepare_ack>(x);
    auto brings_tail = from == 1 && to == 2
                       && std::holds_alternative<prepare>(x)
                       && !std::get<prepare>(x).entries.empty();
    return acknowledges || brings_tail;
  };
  all.submit(0, put_command("m1.1.7", "/a", "2"));
  all.drain();
  all.isolate(0);
  all.at(0).coordinated = false;
  all.join(1, 2);
  REQUIRE(all.run_until([&] { return all.primary() == 1u; }));
  all.run(10s);
  CHECK(all.read(2, "/a") == "silent");
  CHECK(all.in_sync_count() == 1);
  all.loses = {};
  all.at(0).coordinated = true;
  all.heal();
  CHECK(all.whole());
  all.expect_everywhere("/a", "2");
}

TEST_CASE("replication: a swap whose answer is lost is read back (M4)") {
  served all;
  all.unanswered_swaps = {1};
  all.kill(0);
  all.run(4s);
  all.unanswered_swaps.clear();
  CHECK(all.run_until_served());
}

TEST_CASE("replication: a candidate is silent while it asks (M4)") {
  served all;
  all.put("/a", "1");
  all.at(1).coordinated = false; // it asks and hears nothing
  all.at(2).coordinated = false;
  all.kill(0);
  REQUIRE(all.run_until(
    [&] { return all.at(1).replica->state_text(all.now()) == "taking over"; }));
  all.run(2s);
  CHECK(all.read(1, "/a") == "silent");
}

TEST_CASE("copies: a machine without a replica reads its own copy") {
  served all{4};
  all.put("/a/b", "1");
  all.pin(3, "/a");
  all.run(2s);
  CHECK(all.read(3, "/a/b") == "1");
  CHECK(all.read(3, "/a/c") == "absent");
  CHECK(all.read(3, "/b") == "silent");
  CHECK(all.put("/a/c", "2") == "committed");
  all.drain();
  CHECK(all.read(3, "/a/c") == "2");
}

TEST_CASE("copies: a write waits for a holder's lease to end (C1)") {
  served all{4};
  all.pin(3, "/");
  all.run(2s);
  all.isolate(3);
  auto slot = all.submit(0, put_command("m1.1.1", "/a", "1"));
  all.run(900ms);
  CHECK_FALSE(all.find_verdict(slot));
  all.run(3s);
  REQUIRE(all.find_verdict(slot));
  CHECK(all.read(3, "/a") == "silent");
  all.heal();
  all.run(5s);
  CHECK(all.read(3, "/a") == "1");
}

TEST_CASE("copies: one acquired in flight is enlisted too (D3)") {
  served all{4};
  all.hold_disk(2);
  auto slot = all.submit(0, put_command("m1.1.1", "/a", "1"));
  all.drain();
  all.pin(3, "/");
  all.run(800ms);
  CHECK(all.read(3, "/a") == "silent"); // not the old value
  all.sync(2);
  all.run_until([&] { return all.find_verdict(slot) != nullptr; });
  REQUIRE(all.at(0).enlisted[slot].size() == 1);
  CHECK(all.at(0).enlisted[slot][0].reason
        == participation::acquired_in_flight);
  all.run(1s);
  CHECK(all.read(3, "/a") == "1");
}

TEST_CASE("copies: they follow to a new primary (D5, F1)") {
  served all{4};
  all.pin(3, "/");
  all.put("/a", "1");
  all.kill(0);
  REQUIRE(all.run_until_served());
  CHECK(all.write(1, put_command("m2.1.1", "/a", "2")) == "committed");
  all.run(3s);
  CHECK(all.read(3, "/a") == "2");
}

TEST_CASE("watch: a position beyond the log is no crash") {
  served all;
  all.put("/a", "1");
  shard_effects out;
  watch_request x{{}, 1, "/", sequence{UINT64_MAX}, false, {}};
  all.at(0).replica->on_message(all.at(1).self, x, all.now(), out);
  CHECK_FALSE(out.empty());
}

TEST_CASE("replication: a replaced disk comes back as a learner (M3)") {
  served all;
  all.put("/a", "1");
  for (auto replaced : {size_t{2}, size_t{0}}) {
    all.replace_disk(replaced);
    auto& m = all.at(replaced);
    // The old store is dropped, the new one learns, then it is added (M4).
    REQUIRE(all.run_until([&] {
      auto& newest = all.context(1).newest;
      return newest.has({m.self.id, m.store}) && newest.in_sync.size() == 3;
    }));
    all.run(2s);
    CHECK(all.read(replaced, "/a") == "1");
  }
}

TEST_CASE("replication: an empty disk never takes over (M3)") {
  served all;
  all.put("/a", "1");
  all.kill(0);
  all.kill(1);
  all.replace_disk(2);
  all.run(10s);
  CHECK(!all.primary());
  all.start(1); // it has everything, and granted nothing in this run
  REQUIRE(all.run_until([&] { return all.read(1, "/a") == "1"; }));
  all.start(0);
  CHECK(all.whole());
  all.expect_everywhere("/a", "1");
}

TEST_CASE("replication: few large entries are checkpointed as well") {
  shard_options options;
  options.checkpoint_bytes = 1000;
  served all{3, options};
  for (int i = 0; i < 20; ++i)
    all.put("/a", std::string(2000, 'x'));
  all.run(1s);
  for (size_t i = 0; i < all.size(); ++i)
    CHECK(all.at(i).disk.checkpoint >= sequence{8});
}
