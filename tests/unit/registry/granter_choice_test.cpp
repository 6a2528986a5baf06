// SPDX-License-Identifier: Apache-2.0
#include "registry/granter_choice.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// A machine behind switch s, and one shard.
struct chooser {
  const peer s{machine_id{"s"}, incarnation{4}};
  granter_choice choice{{}};
  boot_time now{100s};

  chooser() {
    choice.set_switch(s, now);
  }

  /// The switch answers every half second, or not, for so long.
  void live(nanoseconds length, bool heard, bool complete) {
    for (auto end = now + length; now < end; now += 500ms) {
      if (heard)
        choice.on_heard(now);
      choice.choose(shard_id{0}, complete, now);
    }
  }

  bool from_switch() const {
    return choice.uses_switch(shard_id{0});
  }
};

} // namespace

TEST_CASE("granter: a registered switch is asked first") {
  chooser x;
  CHECK_FALSE(x.from_switch()); // nothing is wanted yet
  x.choice.choose(shard_id{0}, false, x.now);
  CHECK(x.from_switch());
}

TEST_CASE("granter: before the members are known nothing is decided") {
  granter_choice choice{{}};
  choice.choose(shard_id{0}, false, boot_time{100s});
  choice.set_switch({machine_id{"s"}, incarnation{4}}, boot_time{100s});
  choice.choose(shard_id{0}, false, boot_time{100s});
  CHECK(choice.uses_switch(shard_id{0}));
}

TEST_CASE("granter: a switch that is not registered is not used") {
  chooser x;
  x.live(1s, true, true);
  x.choice.set_switch({}, x.now);
  CHECK_FALSE(x.from_switch());
  CHECK_FALSE(x.choice.reachable(x.now));
}

TEST_CASE("granter: a silent switch is left soon") {
  chooser x;
  x.live(10s, true, true);
  CHECK(x.from_switch());
  x.live(2s, false, true);
  CHECK(x.from_switch() == false);
}

TEST_CASE("granter: a switch that grants nothing is left after its time") {
  chooser x;
  x.live(10s, true, true);
  x.live(3s, true, false);
  CHECK(x.from_switch());
  x.live(2s, true, false);
  CHECK_FALSE(x.from_switch());
}

TEST_CASE("granter: it goes back only to a switch that has been steady") {
  chooser x;
  x.live(10s, true, true);
  x.live(20s, false, true);
  x.live(2s, true, true);
  CHECK_FALSE(x.from_switch()); // it has just begun to answer
  x.live(2s, true, true);
  CHECK(x.from_switch());
}

TEST_CASE("granter: each time in vain it stays away for longer") {
  chooser x;
  auto away = [&] {
    auto left = x.now;
    while (!x.from_switch())
      x.live(500ms, true, false);
    return x.now - left;
  };
  auto stay = [&] {
    while (x.from_switch())
      x.live(500ms, true, false);
  };
  x.live(500ms, true, false);
  stay();
  auto first = away();
  stay();
  CHECK(away() >= first + 4s);
  x.live(70s, true, true); // all is well for long
  stay();
  CHECK(away() <= first + 1s);
}
