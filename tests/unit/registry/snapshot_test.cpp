// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

constexpr size_t one_chunk = 1024 * 1024;

/// Three machines that keep so little of their logs that whoever misses a
/// dozen writes returns by snapshot.
struct short_logs : trio {
  explicit short_logs(size_t chunk_bytes = 32)
    : trio(3, 3, options(chunk_bytes)) {
    REQUIRE(run_until_served());
    REQUIRE(whole());
  }

  static shard_options options(size_t chunk_bytes) {
    shard_options out;
    out.checkpoint_entries = 4;
    out.window_bytes = 64;
    out.chunk_bytes = chunk_bytes;
    return out;
  }

  bool whole() {
    return run_until([this] { return serves() && in_sync_count() == 3; });
  }

  /// Writes what the third machine misses, and lets it come back.
  void leave_behind() {
    isolate(2);
    for (auto i = 0; i < 20; ++i)
      REQUIRE(put("/k" + std::to_string(i), "v") == "committed");
    heal();
  }
};

} // namespace

TEST_CASE("snapshot: one that missed too much returns by it") {
  short_logs all;
  all.leave_behind();
  CHECK(all.whole());
  CHECK(all.run_until([&] { return all.read(2, "/k0") == "v"; }));
  CHECK(all.notes.count("snapshot_started") > 0);
}

TEST_CASE("snapshot: nobody asks for one without room for it") {
  short_logs all;
  all.at(2).replica->on_room(false);
  all.leave_behind();
  all.run(10s);
  CHECK(all.in_sync_count() == 2);
  CHECK(all.notes.count("backup_dropped") == 1);
  all.at(2).replica->on_room(true);
  CHECK(all.whole());
}

TEST_CASE("snapshot: sent again while it becomes durable, it begins nothing") {
  short_logs all;
  std::optional<snapshot> last;
  all.loses = [&](size_t, size_t to, const wire_message& x) {
    if (auto found = std::get_if<snapshot>(&x); found && to == 2 && found->last)
      last = *found;
    return false;
  };
  all.leave_behind();
  // Its rows are a checkpoint; that it is whole is written next.
  auto written = [&] {
    auto& m = all.at(2);
    return last && m.disk.checkpoint == last->as_of && !m.disk.state.empty()
           && !m.replica->promised();
  };
  while (!written())
    if (!all.step())
      all.tick();
  shard_effects out;
  all.at(2).replica->on_message(all.at(0).self, *last, all.now(), out);
  REQUIRE(all.whole());
  // It takes the next one, and writes checkpoints of its own.
  all.leave_behind();
  CHECK(all.whole());
  CHECK(all.run_until([&] { return all.read(2, "/k19") == "v"; }));
}

TEST_CASE("snapshot: one at a time, acknowledged when it is durable (C1)") {
  short_logs all{one_chunk};
  all.isolate(2);
  REQUIRE(all.put("/first", "v") == "committed");
  all.hold_disk(2);
  all.heal();
  all.run(100ms); // asked to join; what that writes is not durable yet
  for (auto i = 0; i < 20; ++i)
    REQUIRE(all.put("/k" + std::to_string(i), "v") == "committed");
  std::optional<joined> late;
  auto told = 0;
  auto early = false;
  all.loses = [&](size_t from, size_t, const wire_message& x) {
    if (auto ack = std::get_if<snapshot_ack>(&x); ack && from == 2)
      early = early || all.at(2).disk.checkpoint < ack->as_of;
    auto found = std::get_if<joined>(&x);
    if (!found || from != 2 || ++told != 2)
      return false;
    late = *found; // it will come after the snapshot has begun
    return true;
  };
  all.sync(2);
  all.join(0, 2); // a renewed connection: it is asked to join once more
  while (told < 2 && all.step())
    ;
  all.hold_disk(2);
  all.drain();
  REQUIRE(late);
  REQUIRE(all.put("/later", "v") == "committed");
  shard_effects out;
  all.at(0).replica->on_message(all.at(2).self, *late, all.now(), out);
  auto begins = [](auto& x) {
    auto sent = std::get_if<send_effect>(&x);
    return sent && std::holds_alternative<snapshot>(sent->what);
  };
  CHECK(std::none_of(out.begin(), out.end(), begins));
  all.sync(2);
  CHECK(all.whole());
  CHECK_FALSE(early);
  CHECK(all.at(2).disk.meta.ends_with(" 1"));
}

TEST_CASE("snapshot: the next one begins while the former becomes durable") {
  short_logs all{one_chunk};
  std::optional<snapshot> first;
  auto early = false;
  all.loses = [&](size_t from, size_t to, const wire_message& x) {
    if (auto ack = std::get_if<snapshot_ack>(&x); ack && from == 2)
      early = early || all.at(2).disk.checkpoint < ack->as_of;
    if (auto found = std::get_if<snapshot>(&x); found && to == 2 && !first)
      first = *found;
    return false;
  };
  all.leave_behind();
  auto written = [&] {
    auto& m = all.at(2);
    return first && !m.disk.state.empty() && !m.replica->promised();
  };
  while (!written())
    if (!all.step())
      all.tick();
  // Its meta is on its way to the disk; another snapshot takes its place.
  auto next = *first;
  next.as_of = next.as_of.next();
  next.last = false;
  shard_effects out;
  all.at(2).replica->on_message(all.at(0).self, next, all.now(), out);
  all.drain();
  CHECK_FALSE(early);
  CHECK_FALSE(all.at(2).replica->promised());
}

TEST_CASE("snapshot: a slow one to a replaced disk is progress of its move") {
  short_logs all;
  for (auto i = 0; i < 40; ++i)
    REQUIRE(all.put("/k" + std::to_string(i), "v") == "committed");
  all.replace_disk(2);
  all.order(all.make_order(2, 2, -1));
  boot_time next{}; // one chunk a second
  all.loses = [&](size_t from, size_t, const wire_message& x) {
    if (!std::holds_alternative<snapshot_ack>(x) || from != 2)
      return false;
    if (all.now() < next)
      return true;
    next = all.now() + 1s;
    return false;
  };
  for (auto i = 0; i < 60 && all.primary() != 2u; ++i)
    all.run(1s);
  CHECK(all.primary() == 2u);
  CHECK(all.notes.count("move_given_up") == 0);
}
