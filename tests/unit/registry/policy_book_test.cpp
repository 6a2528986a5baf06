// SPDX-License-Identifier: Apache-2.0
#include "registry/policy_book.hpp"
#include "tests/unit/registry/trio.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

namespace {

std::string text(const std::string& prefix) {
  return to_text({"a", prefix, {machine_id{"m5"}}, "audit"});
}

const std::string key_a = policy_key("a");

/// The prefixes in force, in order.
std::vector<std::string> prefixes(const policy_book& x) {
  std::vector<std::string> out;
  for (auto& p : x.in_force())
    out.push_back(p.prefix);
  return out;
}

using prefix_list = std::vector<std::string>;

} // namespace

TEST_CASE("policy book: nothing is known before the first view") {
  policy_book x;
  CHECK(!x.known());
  x.show({});
  CHECK(x.known());
  CHECK(x.version() == 1);
  x.show({});
  CHECK(x.version() == 1);
}

TEST_CASE("policy book: an undecided policy is in force") {
  policy_book x;
  x.show({{}, {{key_a, text("/p"), false}}});
  CHECK(prefixes(x) == prefix_list{"/p"});
}

TEST_CASE("policy book: one that is being removed stays until it is") {
  policy_book x;
  x.show({{{key_a, text("/p")}}, {}});
  x.show({{{key_a, text("/p")}}, {{key_a, "", true}}});
  CHECK(prefixes(x) == prefix_list{"/p"});
  x.show({{}, {}});
  CHECK(prefixes(x).empty());
}

TEST_CASE("policy book: one that is being replaced is there twice") {
  policy_book x;
  x.show({{{key_a, text("/old")}}, {{key_a, text("/new"), false}}});
  CHECK(prefixes(x) == prefix_list{"/new", "/old"});
  x.show({{{key_a, text("/new")}}, {}});
  CHECK(prefixes(x) == prefix_list{"/new"});
}

TEST_CASE("policy book: the first of two changes may be decided already") {
  policy_book x;
  x.show({{{key_a, text("/one")}}, {{key_a, text("/two"), false}}});
  // A copy keeps the newest one only.
  x.show({{{key_a, text("/one")}}, {{key_a, text("/three"), false}}});
  CHECK(prefixes(x) == prefix_list{"/one", "/three", "/two"});
  x.show({{{key_a, text("/three")}}, {}});
  CHECK(prefixes(x) == prefix_list{"/three"});
}

TEST_CASE("policy book: many changes of one record are kept up to a limit") {
  policy_book x;
  for (int i = 0; i < 200; ++i)
    x.show({{}, {{key_a, text("/p" + std::to_string(i)), false}}});
  CHECK(x.in_force().size() <= policy_book::values_max);
}

TEST_CASE("policy book: garbage and what is too much enlist nobody") {
  policy_book x;
  policy_view view;
  view.records[policy_key("0")] = "garbage";
  for (size_t i = 0; i < policies_max; ++i)
    view.records[policy_key("p" + std::to_string(1000 + i))] = text("/p");
  x.show(view);
  CHECK(x.in_force().size() == policies_max - 1);
  CHECK(x.ignored().count(policy_key("0")) == 1);
  CHECK(x.ignored().size() == 2);
}

TEST_CASE(
  "replica policies: undecided entries and committed records are seen") {
  trio x;
  REQUIRE(x.run_until_served());
  replica_policies lens;
  auto first = lens.look(x.context(0));
  REQUIRE(first);
  CHECK(first->records.empty());
  CHECK(!lens.look(x.context(0)));
  x.hold_disk(0); // so that it stays undecided
  x.submit(0, put_command("c1", key_a, text("/p")));
  x.drain();
  auto undecided = lens.look(x.context(0));
  REQUIRE(undecided);
  CHECK(undecided->records.empty());
  REQUIRE(undecided->undecided.size() == 1);
  CHECK(undecided->undecided[0].value == text("/p"));
  x.sync(0);
  REQUIRE(x.run_until([&] { return x.find_verdict(1) != nullptr; }));
  auto committed = lens.look(x.context(0));
  REQUIRE(committed);
  CHECK(committed->records.at(key_a) == text("/p"));
  CHECK(committed->undecided.empty());
}

TEST_CASE("replica policies: other keys change nothing") {
  trio x;
  REQUIRE(x.run_until_served());
  replica_policies lens;
  REQUIRE(lens.look(x.context(0)));
  CHECK(x.put("/a", "1") == "committed");
  CHECK(!lens.look(x.context(0)));
}

TEST_CASE("policy book: who knows less takes nothing away (A1)") {
  policy_book x;
  policy_view replica{{}, {{key_a, text("/p"), false}}};
  replica.upto = sequence{9};
  x.show(replica);
  policy_view behind;
  behind.upto = sequence{7};
  x.show(behind);
  CHECK(prefixes(x) == prefix_list{"/p"});
  behind.upto = sequence{10}; // it was removed, or never committed
  x.show(behind);
  CHECK(prefixes(x).empty());
}

TEST_CASE("policy book: a replica that is not whole only adds (A1)") {
  policy_book x;
  policy_view catching_up{{{key_a, text("/p")}}, {}};
  catching_up.whole = false;
  x.show(catching_up);
  CHECK(prefixes(x) == prefix_list{"/p"});
  CHECK(!x.known()); // there may be more
  x.show({{{key_a, text("/q")}}, {}});
  CHECK(prefixes(x) == prefix_list{"/q"});
  x.show(catching_up);
  CHECK(prefixes(x) == prefix_list{"/p", "/q"});
}

TEST_CASE("replica policies: one that was removed before is known to be gone") {
  trio x;
  REQUIRE(x.run_until_served());
  x.submit(0, put_command("c1", key_a, text("/p")));
  REQUIRE(x.run_until([&] { return x.find_verdict(1) != nullptr; }));
  policy_book book;
  replica_policies before;
  book.show(*before.look(x.context(0)));
  REQUIRE(prefixes(book) == prefix_list{"/p"});
  command gone;
  gone.id = command_id{"c2"};
  gone.operations = {{operation_kind::erase, key_a, {}}};
  x.submit(0, gone);
  REQUIRE(x.run_until([&] { return x.find_verdict(2) != nullptr; }));
  // As after a snapshot: it never sees an entry that writes a policy.
  replica_policies lens;
  book.show(*lens.look(x.context(0)));
  CHECK(prefixes(book).empty());
}

TEST_CASE(
  "policy book: what was heard stays until who shows it knows as much") {
  policy_book x;
  policy_view heard{{}, {{key_a, text("/p"), false}}};
  heard.whole = false;
  heard.upto = sequence{9};
  x.show(heard);
  CHECK(!x.known());
  policy_view behind;
  behind.upto = sequence{8};
  x.show(behind);
  CHECK(x.known());
  CHECK(prefixes(x) == prefix_list{"/p"});
  behind.upto = sequence{9}; // it was never committed
  x.show(behind);
  CHECK(prefixes(x).empty());
}
