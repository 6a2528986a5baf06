// SPDX-License-Identifier: Apache-2.0

// Copies of single keys (D6), all cores together.

#include "tests/unit/registry/trio.hpp"

using namespace muster;
using namespace muster::test;
using namespace std::chrono_literals;

namespace {

/// Three replicas, and a machine that stores nothing and reads at home.
struct reading : trio {
  reading() : trio(3, 4, {}) {
    REQUIRE(run_until_served());
    run(1s);
    put("/a", "1");
  }

  void read_at_home(const std::string& key, int times) {
    for (auto i = 0; i < times; ++i)
      ask_home(3, 0, key);
    run(2s);
  }
};

} // namespace

TEST_CASE("adaptive: who reads twice reads from its own memory then") {
  reading all;
  all.read_at_home("/a", 1);
  CHECK(all.read(3, "/a") == "silent");
  all.read_at_home("/a", 1);
  CHECK(all.read(3, "/a") == "1");
  CHECK(all.read(3, "/a/b") == "silent");
  CHECK(all.read(3, "/b") == "silent");
}

TEST_CASE("adaptive: that a key is absent is known too") {
  reading all;
  all.read_at_home("/b", 2);
  CHECK(all.read(3, "/b") == "absent");
  CHECK(all.put("/b", "2") == "committed");
  all.run(1s);
  CHECK(all.read(3, "/b") == "2");
}

TEST_CASE("adaptive: a write waits for the holder, of its key only") {
  reading all;
  all.read_at_home("/a", 2);
  all.isolate(3);
  CHECK(all.put("/b", "2") == "committed");
  auto slot = all.submit(0, put_command("m1.1.9", "/a", "2"));
  all.run(900ms);
  CHECK_FALSE(all.find_verdict(slot));
  all.run(3s);
  REQUIRE(all.find_verdict(slot));
  CHECK(all.read(3, "/a") == "silent");
}

TEST_CASE("adaptive: what is written and not read goes, and may come again") {
  reading all;
  all.read_at_home("/a", 2);
  for (auto value : {"2", "3"}) {
    CHECK(all.put("/a", value) == "committed");
    all.run(1s);
  }
  CHECK(all.read(3, "/a") == "silent");
  all.isolate(3); // nobody waits for it any more
  auto slot = all.submit(0, put_command("m1.1.9", "/a", "4"));
  all.run(500ms);
  CHECK(all.find_verdict(slot));
  all.heal();
  all.run(5s);
  all.read_at_home("/a", 2);
  CHECK(all.read(3, "/a") == "4");
}

TEST_CASE("adaptive: a copy that came while it is written is told (D3)") {
  reading all;
  all.hold_disk(2);
  auto slot = all.submit(0, put_command("m1.1.9", "/a", "2"));
  all.drain();
  all.ask_home(3, 0, "/a");
  all.ask_home(3, 0, "/a");
  all.run(800ms);
  CHECK(all.read(3, "/a") == "silent"); // not the old value
  all.sync(2);
  all.run_until([&] { return all.find_verdict(slot) != nullptr; });
  all.run(1s);
  CHECK(all.read(3, "/a") == "2");
}
