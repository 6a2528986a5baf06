// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/directory_lock.hpp"
#include "cli/launch/grow.hpp"
#include "cli/launch/plan.hpp"
#include "cli/launch/ports.hpp"
#include "cli/launch/preflight.hpp"
#include "cli/launch/process.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::launch;
using muster::testing::has;
using muster::testing::scratch_folder;

namespace {

process_record sleeper(const scratch_folder& folder) {
  auto started = spawn({.program = "/usr/bin/tail",
                        .arguments = {"-f", "/dev/null"},
                        .log_file = folder.path / "log",
                        .detach = false});
  REQUIRE(started);
  return *started;
}

} // namespace

TEST_CASE("launch: a plan survives being written and read") {
  scratch_folder folder;
  auto made = make_plan({.machines = 3, .base_port = 21000});
  REQUIRE(made);
  REQUIRE(write_plan(folder.path, *made));
  auto read = read_plan(folder.path);
  REQUIRE(read);
  CHECK(read->name == made->name);
  CHECK(read->replication == 3);
  CHECK(read->machines[2].id == "m3");
  CHECK(read->machines[2].http_port == 21005);
  CHECK(read->etcd[0].client_port == 21006);
}

TEST_CASE("launch: machines are put behind switches in turn") {
  scratch_folder folder;
  auto made = make_plan({.machines = 5, .switches = 2, .base_port = 21000});
  REQUIRE(made);
  REQUIRE(write_plan(folder.path, *made));
  auto read = read_plan(folder.path);
  REQUIRE(read);
  CHECK(read->switch_count() == 2);
  REQUIRE(read->machines.size() == 7);
  CHECK(read->machines[0].behind == "s1");
  CHECK(read->machines[1].behind == "s2");
  CHECK(read->machines[4].behind == "s1");
  CHECK(read->machines[5].id == "s1");
  CHECK(read->machines[5].is_switch);
  CHECK(read->machines[5].behind.empty());
  CHECK(check_same(*read, {.machines = 5, .switches = 2}));
  CHECK_FALSE(check_same(*read, {.switches = 0}));
  auto next = next_machine(folder.path, *read);
  REQUIRE(next);
  CHECK(next->id == "m6");
  CHECK(next->behind == "s2");
  CHECK(next_machine(folder.path, *read, "s1")->behind == "s1");
  CHECK_FALSE(next_machine(folder.path, *read, "m1"));
}

TEST_CASE("launch: what cannot be planned") {
  CHECK_FALSE(make_plan({.machines = 3, .switches = 4}));
  CHECK_FALSE(make_plan({.machines = 1, .switches = 1}));
  CHECK_FALSE(make_plan({.machines = 60, .switches = 5}));
  CHECK_FALSE(make_plan({.machines = 0}));
  CHECK_FALSE(make_plan({.machines = 2, .replication = 3}));
  CHECK_FALSE(make_plan({.machines = 3, .etcd = 2}));
  CHECK_FALSE(make_plan({.shards = 0}));
  CHECK_FALSE(make_plan({.base_port = 2375}));
  CHECK_FALSE(make_plan({.base_port = 65530}));
  CHECK(make_plan({.machines = 2})->replication == 2);
  CHECK(make_plan({.machines = 1})->etcd.empty());
}

TEST_CASE("launch: an existing cluster must be what is asked for") {
  auto made = make_plan({.machines = 3, .base_port = 21000});
  REQUIRE(made);
  CHECK(check_same(*made, {}));
  CHECK(check_same(*made, {.machines = 3, .base_port = 21000}));
  CHECK_FALSE(check_same(*made, {.machines = 5}));
  CHECK_FALSE(check_same(*made, {.shards = 8}));
}

TEST_CASE("launch: chosen ports are free, and taken ones are noticed") {
  auto ports = choose_ports(4);
  REQUIRE(ports);
  CHECK(ports->size() == 4);
  for (auto port : *ports)
    CHECK(port_is_free(port));
  testing::http_fixture taken;
  taken.start();
  CHECK_FALSE(port_is_free(taken.port()));
}

TEST_CASE("launch: a process is known by more than its number") {
  scratch_folder folder;
  auto record = sleeper(folder);
  CHECK(is_alive(record));
  auto other = record;
  ++other.start_ticks;
  CHECK_FALSE(is_alive(other));
  CHECK(stop({other}, std::chrono::seconds{5}) == 0);
  CHECK(is_alive(record));
  REQUIRE(write_record(folder.path, record));
  auto read = read_record(folder.path);
  REQUIRE(read);
  CHECK(stop({*read}, std::chrono::seconds{5}) == 0);
  CHECK_FALSE(is_alive(record));
}

TEST_CASE("launch: who ignores SIGTERM is killed") {
  scratch_folder folder;
  auto started
    = spawn({.program = std::filesystem::canonical("/bin/bash"),
             .arguments = {"-c",
                           "trap '' TERM; echo ready; read -r < <(tail -f "
                           "/dev/null --pid=$$)"},
             .log_file = folder.path / "log",
             .detach = false});
  REQUIRE(started);
  REQUIRE(testing::eventually(
    [&] { return !last_lines(folder.path / "log", 1).empty(); }));
  CHECK(stop({*started}, std::chrono::milliseconds{50}) == 1);
  CHECK_FALSE(is_alive(*started));
}

TEST_CASE("launch: a program that is not there") {
  scratch_folder folder;
  auto started = spawn({.program = "/nonexistent/musterd",
                        .arguments = {},
                        .log_file = folder.path / "log"});
  REQUIRE_FALSE(started);
  CHECK(has(started.failure().message, "/nonexistent/musterd"));
}

TEST_CASE("launch: directories of others are left alone") {
  scratch_folder folder;
  folder.write("file", "x");
  auto checked = check_before_start(folder.path, {}, true);
  REQUIRE_FALSE(checked);
  CHECK(has(checked.failure().message, "neither empty nor a cluster's"));
  folder.write("cluster.json", R"({"layout":99})");
  checked = check_before_start(folder.path, {}, true);
  REQUIRE_FALSE(checked);
  CHECK(has(checked.failure().message, "another version"));
  folder.write("cluster.json", "{");
  CHECK(check_before_start(folder.path, {}, true).failure().code
        == errc::corrupt);
}

TEST_CASE("launch: one at a time works on a directory") {
  scratch_folder folder;
  auto fresh = folder.path / "fresh";
  {
    auto first = directory_lock::take(fresh);
    REQUIRE(first);
    CHECK(directory_lock::take(fresh).failure().code == errc::in_use);
  }
  CHECK_FALSE(std::filesystem::exists(fresh));
}

TEST_CASE("launch: the end of a log") {
  scratch_folder folder;
  auto log = folder.write("log", "1\n2\n3\n");
  CHECK(last_lines(log, 2) == "2\n3");
  CHECK(last_lines(log, 9) == "1\n2\n3");
  CHECK(last_lines(folder.path / "none", 2).empty());
}
