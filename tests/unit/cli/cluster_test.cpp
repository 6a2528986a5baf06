// SPDX-License-Identifier: Apache-2.0
#include "tests/eventually.hpp"
#include "tests/unit/cli/cli_fixture.hpp"

#include <catch2/catch.hpp>

#include <future>

using muster::testing::cli_fixture;
using muster::testing::eventually;
using muster::testing::has;

TEST_CASE_METHOD(cli_fixture, "cli: status as a table and as JSON") {
  serve();
  CHECK(muster({"status"}) == 0);
  CHECK(has(out, "1 of 1 shards served"));
  CHECK(has(out, "m1       machine  serving  4242  127.0.0.1:4100"));
  CHECK(muster({"status", "-o", "json"}) == 0);
  CHECK(has(out, R"("shards":[{"id":0,"primary":"m1","backups":[],)"));
}

TEST_CASE_METHOD(cli_fixture, "cli: status tells who is behind a switch") {
  node.behind = muster::machine_id{"s1"};
  serve();
  CHECK(muster({"status"}) == 0);
  CHECK(has(out, "MACHINE  ROLE     SWITCH  STATE"));
  CHECK(has(out, "m1       machine  s1      serving"));
  CHECK(muster({"status", "-o", "json"}) == 0);
  CHECK(has(out, R"("switch":"s1")"));
}

TEST_CASE_METHOD(cli_fixture, "cli: explain shows who is behind a switch") {
  node.behind = muster::machine_id{"s1"};
  serve();
  CHECK(muster({"put", "/machines/a", "1"}) == 0);
  CHECK(muster({"explain", "m1.7.1"}) == 0);
  CHECK(has(out, "\nm4       127.0.0.1:4100  copy of prefix /machines  m1"));
  CHECK(has(out, "\ns1       127.0.0.1:4100  copy of prefix /machines  m1"));
  CHECK(has(out, "\n  m9     127.0.0.1:4100  copy of prefix /machines  s1"));
  CHECK(out.find("\ns1 ") < out.find("\n  m9 "));
}

TEST_CASE_METHOD(cli_fixture, "cli: a mirror is pinned and dropped") {
  serve();
  CHECK(muster({"mirror", "/machines/"}) == 0);
  CHECK(out == "m1 holds a copy of /machines\n");
  CHECK(node.mirrors() == std::vector<std::string>{"/machines"});
  CHECK(muster({"unmirror", "/machines", "-o", "json"}) == 0);
  CHECK(muster({"unmirror", "/machines"}) == 3);
}

TEST_CASE_METHOD(cli_fixture, "cli: explain shows who took part and why") {
  serve();
  CHECK(muster({"put", "/machines/a", "1"}) == 0);
  CHECK(muster({"explain", "m1.7.1"}) == 0);
  CHECK(has(out, "command m1.7.1: committed"));
  CHECK(has(out, "put /machines/a"));
  CHECK(has(out, "m4       127.0.0.1:4100  copy of prefix /machines  m1"));
  CHECK(has(out, "250 us"));
  CHECK(muster({"commands"}) == 0);
  CHECK(has(out, "m1.7.1   committed"));
  CHECK(muster({"explain", "m1.7.2"}) == 3);
}

TEST_CASE_METHOD(cli_fixture, "cli: commands in flight are listed as such") {
  node.begin("m1.7.9");
  serve();
  CHECK(muster({"commands"}) == 0);
  CHECK(has(out, "STATE"));
  CHECK(has(out, "m1.7.9   in flight  -        3.00 s  0             put /a"));
  CHECK(muster({"commands", "-o", "json"}) == 0);
  CHECK(has(out, R"("outcome":"pending")"));
  CHECK(muster({"explain", "m1.7.9"}) == 0);
  CHECK(has(out, "m1.7.9: in flight, shard 0, for 3.00 s, attempts 2\n"));
}

TEST_CASE_METHOD(cli_fixture, "cli: explain leaves out what is not known") {
  muster::command refused;
  refused.guards.push_back({muster::guard_kind::version, "/a", {}, {}});
  refused.guards[0].version = muster::sequence{7};
  refused.operations.push_back({muster::operation_kind::erase, "/a", {}});
  node.tell_attempts = 0;
  node.submit(refused, {});
  serve();
  CHECK(muster({"explain", "m1.7.1"}) == 0);
  CHECK(has(out, "m1.7.1: refused, shard 0, took 1.50 ms\n"));
}

TEST_CASE_METHOD(cli_fixture, "cli: config show tells the origin") {
  config.config_json = [] {
    return R"([{"name":"id","value":"m1","origin":"--id"}])";
  };
  serve();
  CHECK(muster({"config", "show"}) == 0);
  CHECK(has(out, "id    m1     --id"));
}

TEST_CASE_METHOD(cli_fixture, "cli: a watch prints changes until its end") {
  serve();
  auto changes = std::async(std::launch::async, [this] {
    eventually([this] { return node.watchers() == 1; });
    muster::command changed;
    changed.operations.emplace_back();
    changed.operations[0].key = "/a/b";
    changed.operations[0].value = "x";
    node.submit(changed, {});
    changed.operations[0].kind = muster::operation_kind::erase;
    node.submit(changed, {});
  });
  CHECK(muster({"watch", "/a/", "--timeout", "1s"}) == 0);
  changes.wait();
  CHECK(out == "put  /a/b  version 1  x\ndel  /a/b  version 2\n");
  CHECK(has(err, "watching"));
  CHECK(has(err, "it goes on with --from 1/0:2"));
  CHECK(muster({"watch", "/a/", "--from", "x"}) == 2);
}

TEST_CASE_METHOD(cli_fixture, "cli: a machine that stops ends a watch") {
  serve();
  auto stopped = std::async(std::launch::async, [this] {
    eventually([this] { return node.watchers() == 1; });
    served->stop();
  });
  CHECK(muster({"watch", "/", "--look-for", "0"}) == 5);
  CHECK(has(err, "this machine stops"));
}

TEST_CASE_METHOD(cli_fixture, "cli: completion names every command") {
  CHECK(muster({"completion", "bash"}) == 0);
  CHECK(has(out, "complete -F _muster muster"));
  CHECK(has(out, "unmirror"));
  CHECK(muster({"completion", "zsh"}) == 0);
  CHECK(has(out, "bashcompinit"));
  CHECK(muster({"completion", "fish"}) == 2);
}

TEST_CASE_METHOD(cli_fixture, "cli: the doctor finds what does not run") {
  muster({"doctor"});
  CHECK(has(out, "CLOCK_BOOTTIME"));
  CHECK(has(out, "there is no cluster in"));
}

TEST_CASE_METHOD(cli_fixture, "cli: the doctor asks the address it is given") {
  serve();
  auto address = "127.0.0.1:" + std::to_string(port());
  CHECK(muster({"doctor", "--address", address}) == 0);
  CHECK(has(out, address + "  serves its shards"));
  CHECK(has(out, "1 of 1 are served"));
  CHECK_FALSE(has(out, "there is no cluster in"));
  served->stop();
  CHECK(muster({"doctor", "--address", address}) == 1);
  CHECK(has(out, "cannot be reached"));
}
