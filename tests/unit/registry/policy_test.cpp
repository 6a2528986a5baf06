// SPDX-License-Identifier: Apache-2.0
#include "registry/policy.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

policy audit() {
  return {"watch-billing", "/billing", {machine_id{"m5"}}, "audit"};
}

std::string broken(const policy& x) {
  auto done = check_policy(x);
  return done ? "" : done.failure().message;
}

} // namespace

TEST_CASE("policy: text and back") {
  auto x = audit();
  x.machines.push_back(machine_id{"m6"});
  CHECK(to_text(x) == "prefix=/billing\nenlist=m5,m6\nreason=audit\n");
  auto back = parse_policy(x.name, to_text(x));
  REQUIRE(back);
  CHECK(*back == x);
}

TEST_CASE("policy: a line of a newer version is skipped") {
  auto back = parse_policy("a", to_text(audit()) + "colour=blue\n");
  REQUIRE(back);
  CHECK(back->reason == "audit");
}

TEST_CASE("policy: what is no policy is said to be corrupt") {
  for (auto text :
       {"", "garbage", "prefix=/a\n", "prefix=/a\nenlist=\nreason=r",
        "prefix=/a/\nenlist=m5\nreason=r\n",
        "prefix=/a\nenlist=m5,,m6\nreason=r\n"}) {
    auto back = parse_policy("a", text);
    REQUIRE(!back);
    CHECK(back.failure().code == errc::corrupt);
  }
}

TEST_CASE("policy: names, machines and reasons have limits") {
  auto x = audit();
  CHECK(broken(x).empty());
  x.name = "a/b";
  CHECK(!broken(x).empty());
  x.name = std::string(policy_name_bytes_max, 'n');
  CHECK(broken(x).empty());
  x.name += 'n';
  CHECK(!broken(x).empty());
  x = audit();
  x.machines.clear();
  CHECK(!broken(x).empty());
  for (size_t i = 0; i < policy_machines_max; ++i)
    x.machines.emplace_back("m" + std::to_string(i));
  CHECK(broken(x).empty());
  x.machines.emplace_back("m99");
  CHECK(broken(x).find("make two") != std::string::npos);
  x = audit();
  x.machines.push_back(machine_id{"m5"});
  CHECK(broken(x) == "m5 is named twice");
  x = audit();
  x.reason = std::string(policy_reason_bytes_max, 'r');
  CHECK(broken(x).empty());
  x.reason += 'r';
  CHECK(!broken(x).empty());
  x.reason = "two\nlines";
  CHECK(!broken(x).empty());
}

TEST_CASE("policy: what Muster keeps itself is under none") {
  auto x = audit();
  x.prefix = "/muster/agents";
  CHECK(broken(x).find("removed") != std::string::npos);
  x.prefix = "/muster";
  CHECK(!broken(x).empty());
  x.prefix = "/";
  CHECK(broken(x).empty());
  CHECK(under_policy("/", "/billing/1"));
  CHECK(!under_policy("/", "/muster/agents/a"));
  CHECK(!under_policy("/billing", "/billings"));
}

TEST_CASE("policy: the name is in the key") {
  CHECK(policy_key("a") == "/muster/agents/a");
  CHECK(policy_name("/muster/agents/a") == "a");
  CHECK(policy_name("/muster/agents").empty());
  CHECK(policy_name("/muster/agentsx/a").empty());
}
