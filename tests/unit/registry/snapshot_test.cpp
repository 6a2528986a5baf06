// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;

namespace {

/// Three machines that keep so little of their logs that whoever misses a
/// dozen writes returns by snapshot.
struct short_logs : trio {
  short_logs() : trio(3, 3, options()) {
    REQUIRE(run_until_served());
    REQUIRE(whole());
  }

  static shard_options options() {
    shard_options out;
    out.checkpoint_entries = 4;
    out.window_bytes = 64;
    out.chunk_bytes = 32;
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
  all.at(2).replica->on_disk(true);
  all.leave_behind();
  all.run(10s);
  CHECK(all.in_sync_count() == 2);
  CHECK(all.notes.count("backup_dropped") == 1);
  all.at(2).replica->on_disk(false);
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
