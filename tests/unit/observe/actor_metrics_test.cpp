// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/actor_metrics.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

bool has(const std::string& text, const std::string& line) {
  return text.find(line + "\n") != std::string::npos;
}

} // namespace

TEST_CASE("actor_metrics: counts by the type of the actor") {
  metrics all;
  actor_metrics x{all};
  x.ran({"shard", 3, 2, std::chrono::microseconds{2}});
  x.ran({"shard", 7, 7, std::chrono::microseconds{2}});
  x.ran({"agent", 1, 1, std::chrono::microseconds{2}});
  auto text = all.render();
  CHECK(has(text, R"(muster_actor_messages_total{actor="shard"} 9)"));
  CHECK(has(text, R"(muster_actor_messages_total{actor="agent"} 1)"));
  CHECK(has(text, R"(muster_actor_run_seconds_count{actor="shard"} 2)"));
  CHECK(has(text, R"(muster_actor_mailbox_depth_max{actor="shard"} 7)"));
}

TEST_CASE("actor_metrics: a mailbox's depth is the deepest since last asked") {
  metrics all;
  actor_metrics x{all};
  x.ran({"shard", 5, 5, {}});
  all.render();
  CHECK(
    has(all.render(), R"(muster_actor_mailbox_depth_max{actor="shard"} 0)"));
}

TEST_CASE("actor_metrics: takes its callbacks along when it goes") {
  metrics all;
  {
    actor_metrics x{all};
    x.ran({"shard", 5, 5, {}});
  }
  CHECK(
    !has(all.render(), R"(muster_actor_mailbox_depth_max{actor="shard"} 5)"));
}
