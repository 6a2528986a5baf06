// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

/// Four machines, the first three of them replicas; the last mirrors all.
struct movable : trio {
  explicit movable(shard_options options = {}) : trio(3, 4, options) {
    REQUIRE(run_until_served());
    run(1s);
    REQUIRE(put("/a", "1") == "committed");
  }

  bool run_until_home(size_t i) {
    return run_until([this, i] { return primary() == i && serves(); });
  }

  std::set<std::string> replicas() const {
    std::set<std::string> out;
    for (auto& ref : assigned().in_sync)
      out.insert(ref.id.value);
    return out;
  }

  /// As a command object does: again, until it is decided.
  bool put_at_last(size_t origin, const std::string& key,
                   const std::string& value) {
    auto x = put_command("again-" + value, key, value);
    uint32_t attempt = 1;
    uint64_t slot = 0;
    return run_until([&] {
      if (slot == 0 || (now() >= next_try && !find_verdict(slot))
          || (find_verdict(slot)
              && find_verdict(slot)->what == outcome::unavailable)) {
        slot = submit(origin, x, attempt++);
        next_try = now() + 1s;
      }
      drain();
      auto told = find_verdict(slot);
      return told && told->what == outcome::committed;
    });
  }

  boot_time next_try{};

  /// Every replica that counts and the mirror serve it, nobody an older one.
  void expect_read(const std::string& key, const std::string& value) {
    run(3s);
    for (size_t i = 0; i < size(); ++i) {
      auto got = read(i, key);
      CHECK((got == value || got == "silent"));
    }
    CHECK(read(*primary(), key) == value);
  }
};

const std::set<std::string> first_three{"m1", "m2", "m3"};

template <class Message>
auto losing() {
  return [](size_t, size_t, const wire_message& x) {
    return std::holds_alternative<Message>(x);
  };
}

} // namespace

TEST_CASE("moves: a backup becomes primary without waiting (F2)") {
  movable all;
  auto begun = all.now();
  all.order(all.make_order(-1, 1, -1));
  CHECK(all.run_until_home(1));
  CHECK(all.now() - begun <= 200ms);
  CHECK(all.put("/a", "2") == "committed");
  CHECK(all.replicas() == first_three);
  all.expect_read("/a", "2");
}

TEST_CASE("moves: holders of copies are asked and no others (F2)") {
  movable all;
  all.pin(3, "/");
  all.run(2s);
  REQUIRE(all.read(3, "/a") == "1");
  size_t asked = 0;
  all.loses = [&](size_t, size_t to, const wire_message& x) {
    asked += std::holds_alternative<fence>(x) && to == 3;
    return false;
  };
  all.order(all.make_order(-1, 2, -1));
  CHECK(all.run_until_home(2));
  CHECK(asked == 1);
  CHECK(all.put("/a", "2") == "committed");
  all.expect_read("/a", "2");
  CHECK(all.read(3, "/a") == "2");
}

TEST_CASE("moves: a holder that is cut off is waited for (F2)") {
  movable all;
  all.pin(3, "/");
  all.run(2s);
  all.isolate(3);
  all.order(all.make_order(-1, 2, -1));
  auto begun = all.now();
  CHECK(all.put_at_last(0, "/a", "2"));
  CHECK(all.now() - begun > 1s); // `trio` asserts that m4 serves no old value
  CHECK(all.primary() == 2u);
}

TEST_CASE("moves: a replica is replaced and leaves its data (L5)") {
  movable all;
  all.order(all.make_order(3, -1, 2));
  CHECK(all.run_until([&] {
    return all.replicas() == std::set<std::string>{"m1", "m2", "m4"};
  }));
  all.run(1s);
  CHECK(all.assigned().learners.empty());
  CHECK(all.context(2).log.last() == sequence{});
  CHECK(all.at(2).disk.entries.empty());
  CHECK(all.primary() == 0u);
  CHECK(all.put("/a", "2") == "committed");
  all.expect_read("/a", "2");
}

TEST_CASE("moves: a machine joins, becomes primary, the former leaves") {
  movable all;
  all.pin(3, "/");
  all.run(2s);
  all.order(all.make_order(3, 3, 0));
  CHECK(all.run_until([&] {
    return all.replicas() == std::set<std::string>{"m2", "m3", "m4"};
  }));
  CHECK(all.run_until_home(3));
  CHECK(all.put("/a", "2") == "committed");
  all.run(1s);
  CHECK(all.context(0).log.last() == sequence{});
  all.expect_read("/a", "2");
}

TEST_CASE("moves: a replaced machine that was away drops its data later") {
  movable all;
  all.kill(2);
  REQUIRE(all.put("/a", "2") == "committed");
  all.order(all.make_order(3, -1, 2));
  CHECK(all.run_until([&] { return all.replicas().count("m4") == 1; }));
  CHECK(all.run_until([&] { return !all.assigned().names(machine_id{"m3"}); }));
  all.start(2);
  all.run(1s);
  CHECK(all.context(2).log.last() == sequence{});
  CHECK(all.at(2).disk.entries.empty());
  all.expect_read("/a", "2");
}

TEST_CASE("moves: who is invited keeps what it gets (L5)") {
  movable all;
  std::optional<join_request> asked;
  all.loses = [&](size_t from, size_t, const wire_message& x) {
    auto found = std::get_if<join_request>(&x);
    if (found && from == 3)
      asked = *found;
    return false;
  };
  all.order(all.make_order(3, -1, 2));
  CHECK(all.run_until([&] { return all.notes.count("shard_left") == 1; }));
  all.run(500ms);
  all.order(all.make_order(2, -1, 3));
  CHECK(all.run_until([&] { return all.notes.count("shard_left") == 2; }));
  all.run(500ms);
  REQUIRE(asked);
  all.at(3).coordinated = false; // it last read that it is no replica
  all.order(all.make_order(3, -1, 2));
  all.run(500ms);
  all.deliver_late(3, 0, *asked); // and so it is joined all the same
  CHECK(all.run_until([&] { return all.replicas().count("m4") == 1; }));
  CHECK(all.context(3).log.last() == all.context(0).log.last());
  CHECK(all.put("/a", "2") == "committed");
  CHECK(all.context(3).log.last() == all.context(0).log.last());
}

TEST_CASE("moves: without an answer to the directory nothing is asked (F2)") {
  movable all;
  all.loses = losing<handover_ack>();
  all.order(all.make_order(-1, 1, -1));
  auto before = all.assigned().at;
  all.run(3s);
  CHECK(all.assigned().at == before);
  CHECK(all.notes.count("handover_given_up") > 0);
  CHECK(all.notes.count("handover_started") == 1); // and not again
  all.loses = nullptr;
  all.order(all.make_order(-1, 1, -1));
  CHECK(all.run_until_home(1));
  all.expect_read("/a", "1");
}

TEST_CASE("moves: a swap without an answer is settled by another (M4)") {
  movable all;
  all.unanswered_swaps.insert(0);
  all.order(all.make_order(-1, 1, -1));
  CHECK(all.run_until_home(1)); // it had landed
  CHECK(all.put("/a", "2") == "committed");
  all.expect_read("/a", "2");
}

TEST_CASE("moves: who cannot ask the coordinator stays silent (M4)") {
  movable all;
  all.loses = [&](size_t from, size_t, const wire_message& x) {
    if (from == 1 && std::holds_alternative<handover_ack>(x))
      all.at(0).coordinated = false; // from the moment of its asking
    return false;
  };
  all.order(all.make_order(-1, 1, -1));
  all.run(3s);
  CHECK(all.read(0, "/a") == "silent");
  CHECK(all.primary() == 0u);
  all.loses = nullptr;
  all.at(0).coordinated = true;
  CHECK(all.run_until([&] { return all.serves(); }));
  CHECK(all.notes.count("handover_undone") == 1);
  CHECK(all.put("/a", "2") == "committed");
  all.expect_read("/a", "2");
}

TEST_CASE("moves: a new incarnation does not act on the directory (F2)") {
  movable all;
  auto restarted = false;
  all.loses = [&](size_t from, size_t, const wire_message& x) {
    if (from == 1 && std::holds_alternative<handover_ack>(x) && !restarted) {
      restarted = true;
      all.at(1).coordinated = false; // it hears of nothing
    }
    return std::holds_alternative<handover_landed>(x);
  };
  all.order(all.make_order(-1, 1, -1));
  REQUIRE(
    all.run_until([&] { return all.assigned().primary == machine_id{"m2"}; }));
  all.restart(1);
  all.at(1).coordinated = true;
  all.loses = nullptr;
  auto term_before = all.assigned().of;
  CHECK(all.run_until([&] { return all.serves(); }));
  CHECK(all.assigned().of > term_before); // swapped in again (L2, F1)
  CHECK(all.put("/a", "2") == "committed");
  all.expect_read("/a", "2");
}

TEST_CASE("moves: who took over hands over only after its own fence (F2)") {
  movable all;
  all.pin(3, "/");
  all.run(2s);
  all.cut(3, 1);
  all.cut(3, 2);
  all.kill(0);
  REQUIRE(all.run_until([&] { return all.primary().has_value(); }));
  auto first = *all.primary();
  auto other = first == 1 ? 2 : 1;
  all.order(all.make_order(-1, other, -1));
  all.run(300ms);
  CHECK(all.primary() == first);
  CHECK(all.put_at_last(first, "/a", "2"));
  CHECK(all.run_until_home(static_cast<size_t>(other)));
}

TEST_CASE("moves: what is held back meanwhile has limits") {
  shard_options options;
  options.pending_max = 4;
  options.pending_bytes_max = 1000;
  movable all{options};
  all.loses = losing<handover_ack>();
  all.order(all.make_order(-1, 1, -1));
  all.drain();
  std::vector<uint64_t> small;
  for (auto i = 0; i < 6; ++i)
    small.push_back(all.submit(0, put_command("s" + std::to_string(i), "/a",
                                              std::to_string(i))));
  all.drain();
  auto overloaded = [&](uint64_t slot) {
    auto told = all.find_verdict(slot);
    return told && told->detail.starts_with("overloaded");
  };
  CHECK(std::none_of(small.begin(), small.begin() + 4, overloaded));
  CHECK(std::all_of(small.begin() + 4, small.end(), overloaded));
  // It resumes, decides those four, and begins nothing anew.
  REQUIRE(all.run_until([&] { return all.find_verdict(small[0]) != nullptr; }));
  CHECK(all.find_verdict(small[3])->what == outcome::committed);
  all.order(all.make_order(-1, 1, -1));
  all.drain();
  auto large = all.submit(0,
                          put_command("large", "/a", std::string(1200, 'x')));
  all.drain();
  CHECK(overloaded(large));
}

TEST_CASE("moves: an order that gets no further is given up and undone") {
  movable all;
  all.isolate(3);
  all.order(all.make_order(3, -1, 2));
  CHECK(all.run_until([&] { return all.notes.count("move_given_up") > 0; }));
  CHECK(all.run_until([&] { return !all.assigned().names(machine_id{"m4"}); }));
  CHECK(all.replicas() == first_three);
}

TEST_CASE("moves: a learner goes again even if too few are in sync (C2)") {
  movable all;
  all.kill(1);
  all.kill(2);
  REQUIRE(all.run_until([&] { return all.in_sync_count() == 1; }));
  all.isolate(3);
  all.order(all.make_order(3, -1, -1));
  REQUIRE(
    all.run_until([&] { return all.assigned().names(machine_id{"m4"}); }));
  CHECK(all.run_until([&] { return !all.assigned().names(machine_id{"m4"}); }));
}

TEST_CASE("moves: a removed member is remembered beyond a lost term (F1)") {
  movable all;
  all.pin(3, "/");
  all.run(2s);
  // m4 comes back: its former incarnation may hold a copy. Whoever takes over
  // dies before its fence is complete; the next one counts from before it.
  all.isolate(3);
  all.restart(3);
  all.kill(0);
  REQUIRE(all.run_until([&] { return all.primary().has_value(); }));
  auto first = *all.primary();
  CHECK(all.context(first).fenced < all.assigned().of);
  all.kill(first);
  all.start(0);
  REQUIRE(all.run_until([&] { return all.primary().has_value(); }));
  auto begun = all.now();
  CHECK(all.put_at_last(*all.primary(), "/a", "2"));
  CHECK(all.now() - begun >= 1900ms);
}

TEST_CASE("moves: who comes with another store is not waited for") {
  movable all;
  auto order = all.make_order(3, -1, -1);
  order.joining.store = store_id{999}; // it was replaced meanwhile
  all.order(order);
  // Its traffic is no progress of the order.
  for (auto i = 0; i < 60 && all.notes.count("move_given_up") == 0; ++i) {
    all.put("/a", std::to_string(i));
    all.run(1s);
  }
  CHECK(all.notes.count("move_given_up") == 1);
}

TEST_CASE("moves: who doubts its own clock takes nothing over (F2)") {
  movable all;
  all.doubt(1, true);
  all.order(all.make_order(-1, 1, -1));
  all.run(3s);
  CHECK(all.primary() == 0u);
  CHECK(all.put("/a", "2") == "committed");
  all.doubt(1, false);
  all.order(all.make_order(-1, 1, -1));
  CHECK(all.run_until_home(1));
}
