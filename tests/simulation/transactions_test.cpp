// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/transaction_mix.hpp"

#include <catch2/catch.hpp>

using namespace muster::sim;

namespace {

/// A transaction that was done from `call` to `ends`.
transaction done(const char* name, int64_t call, int64_t ends,
                 std::vector<transaction::part> parts) {
  transaction x;
  x.name = name;
  x.outcome = answer::ok;
  x.call_ns = call;
  x.return_ns = ends;
  x.parts = std::move(parts);
  return x;
}

transaction told(answer outcome, transaction x) {
  x.outcome = outcome;
  if (outcome == answer::unknown)
    x.return_ns = transaction{}.return_ns;
  return x;
}

std::string judged(const std::vector<transaction>& xs, const char* a,
                   const char* b, int64_t missed_a = 0, int64_t missed_b = 0) {
  return check_transactions(xs, {{{"a", a}, {"b", b}}, {missed_a, missed_b}});
}

} // namespace

TEST_CASE("transactions: one after the other") {
  CHECK(judged({done("t1", 0, 9, {{"a", ""}, {"b", ""}}),
                done("t2", 10, 19, {{"a", "t1,"}, {"b", "t1,"}})},
               "t1,t2,", "t1,t2,")
          .empty());
}

TEST_CASE("transactions: in half of its lists") {
  CHECK(judged({done("t1", 0, 9, {{"a", ""}, {"b", ""}})}, "t1,", "")
        == "t1 is in 1 of its 2 lists");
}

TEST_CASE("transactions: an unknown one may be there or not") {
  auto x = told(answer::unknown, done("t1", 0, 9, {{"a", ""}, {"b", ""}}));
  CHECK(judged({x}, "t1,", "t1,").empty());
  CHECK(judged({x}, "", "").empty());
}

TEST_CASE("transactions: a refused one is visible") {
  auto x = done("t1", 0, 9, {{"a", ""}, {"b", ""}});
  for (auto outcome : {answer::refused, answer::failed})
    CHECK(judged({told(outcome, x)}, "t1,", "t1,")
          == "t1 was told not to be applied, and is in 2 of its 2 lists");
}

TEST_CASE("transactions: an acknowledged one is lost") {
  CHECK(judged({done("t1", 0, 9, {{"a", ""}, {"b", ""}})}, "", "")
        == "t1 was told to be committed, and is in none of its lists");
}

TEST_CASE("transactions: applied twice") {
  CHECK(judged({done("t1", 0, 9, {{"a", ""}})}, "t1,t1,", "")
        == "t1 is twice in a");
}

TEST_CASE("transactions: a name that nobody wrote") {
  CHECK(judged({}, "t9,", "") == "nobody wrote t9, which is in a");
}

TEST_CASE("transactions: a write is lost between read and append") {
  // t2 has not read t1.
  CHECK(judged({done("t1", 0, 9, {{"a", ""}}), done("t2", 0, 9, {{"a", ""}})},
               "t1,t2,", "")
        == "t2 is in a not where it was to be");
}

TEST_CASE("transactions: write skew") {
  // Each reads what the other one writes, and neither sees the other.
  CHECK(judged({done("t1", 0, 9, {{"a", ""}, {"b", "", false}}),
                done("t2", 0, 9, {{"b", ""}, {"a", "", false}})},
               "t1,", "t2,")
        == "no order explains t1, t2");
}

TEST_CASE("transactions: reads of two instants") {
  // t3 sees t2, not t1, which t2 has seen.
  CHECK(judged({done("t1", 0, 99, {{"a", ""}}),
                done("t2", 0, 99, {{"b", ""}, {"a", "t1,", false}}),
                done("t3", 0, 99, {{"b", "t2,"}, {"a", "", false}})},
               "t1,", "t2,t3,")
        == "no order explains t1, t2, t3");
}

TEST_CASE("transactions: an order against time") {
  // t2 began after t1 had ended, and reads what was before it.
  auto x = done("t2", 10, 19, {{"b", ""}, {"a", "", false}});
  CHECK(judged({done("t1", 0, 9, {{"a", ""}}), x}, "t1,", "t2,")
        == "no order explains t1, t2");
  // At the same time it would do.
  x.call_ns = 9;
  CHECK(judged({done("t1", 0, 9, {{"a", ""}}), x}, "t1,", "t2,").empty());
}

TEST_CASE("transactions: the other operations") {
  auto x = done("t1", 0, 9, {{"a", ""}, {"b", ""}});
  x.otherwise = true;
  CHECK(judged({x}, "", "", 1, 1).empty());
  CHECK_FALSE(judged({x}, "", "", 1, 0).empty());
  CHECK_FALSE(judged({x}, "", "", 0, 0).empty());
  CHECK_FALSE(judged({x}, "", "", 2, 2).empty());
  CHECK_FALSE(judged({x}, "t1,", "t1,", 1, 1).empty());
  CHECK(judged({told(answer::unknown, x)}, "", "", 1, 1).empty());
}

TEST_CASE("transactions: the sum of the accounts") {
  CHECK(check_audit({3, -4, 1, 0}).empty());
  CHECK_FALSE(check_audit({3, -4, 1, 1}).empty());
  CHECK_FALSE(check_audit({0, 0}).empty());
}
