// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/checker.hpp"
#include "tests/checker/history_json.hpp"
#include "tests/simulation/history_twin.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace muster::sim;

namespace {

operation at(int64_t call, int64_t ends, operation_kind kind) {
  operation x;
  x.client = "c" + std::to_string(call);
  x.key = "/k/0";
  x.kind = kind;
  x.call_ns = call;
  x.return_ns = ends;
  x.shard = 7;
  return x;
}

operation put(int64_t call, int64_t ends, const char* value, uint64_t v) {
  auto x = at(call, ends, operation_kind::write);
  x.written = value;
  x.version = v;
  return x;
}

operation read(int64_t call, int64_t ends, const char* value, uint64_t v) {
  auto x = at(call, ends, operation_kind::read);
  x.seen = value;
  x.version = v;
  return x;
}

operation absent(int64_t call, int64_t ends) {
  auto x = at(call, ends, operation_kind::read);
  x.version = 0;
  return x;
}

operation erase(int64_t call, int64_t ends, uint64_t v) {
  auto x = at(call, ends, operation_kind::erase);
  x.version = v;
  return x;
}

operation cas(int64_t call, int64_t ends, const char* from, const char* to,
              uint64_t v) {
  auto x = put(call, ends, to, v);
  x.kind = operation_kind::cas;
  x.demanded.on = guard::kind::value;
  x.demanded.value = from;
  return x;
}

operation add(int64_t call, int64_t ends, int64_t delta, const char* sum,
              uint64_t v) {
  auto x = at(call, ends, operation_kind::add);
  x.delta = delta;
  x.seen = sum;
  x.version = v;
  return x;
}

operation list(int64_t call, int64_t ends, std::vector<listed_row> rows) {
  auto x = at(call, ends, operation_kind::list);
  x.key = "/k";
  x.rows = std::move(rows);
  return x;
}

operation of(std::string key, operation x) {
  x.key = std::move(key);
  return x;
}

operation unknown(operation x) {
  x.outcome = answer::unknown;
  x.version.reset();
  x.return_ns = std::numeric_limits<int64_t>::max();
  return x;
}

operation refused(operation x) {
  x.outcome = answer::refused;
  x.version.reset();
  return x;
}

operation failed(operation x) {
  x.outcome = answer::failed;
  x.version.reset();
  return x;
}

fault_found found(const history& xs) {
  return check(xs).found;
}

/// Something that may, or may not, make a history wrong.
void disturb(history& xs, std::mt19937_64& dice) {
  auto pick = [&](uint64_t n) { return dice() % n; };
  auto& x = xs[pick(xs.size())];
  const auto& other = xs[pick(xs.size())];
  switch (pick(7)) {
    case 0:
      if (x.kind == operation_kind::read) {
        x.seen = is_write(other) ? other.written : other.seen;
        x.version = x.seen ? other.version.value_or(3) : 0;
      }
      break;
    case 1:
      if (x.version && *x.version > 0)
        x.version = *x.version + pick(3);
      break;
    case 2:
      x.call_ns += static_cast<int64_t>(pick(40));
      x.return_ns = std::max(x.return_ns, x.call_ns);
      break;
    case 3:
      if (x.outcome == answer::ok)
        x.return_ns = std::max(x.call_ns,
                               x.return_ns - static_cast<int64_t>(pick(40)));
      break;
    case 4:
      if (is_write(x))
        x = pick(2) == 0 ? failed(x) : unknown(x);
      break;
    case 5:
      if (x.kind == operation_kind::read) {
        x.seen.reset();
        x.version = 0;
      }
      break;
    default:
      xs.erase(xs.begin() + static_cast<std::ptrdiff_t>(&x - xs.data()));
  }
}

std::string text_of(const history& xs) {
  std::ostringstream out;
  write_json_lines(out, xs);
  return out.str();
}

} // namespace

TEST_CASE("histories of a linearizable store are found right", "[checker]") {
  for (uint64_t seed = 1; seed <= 3000; ++seed) {
    twin_options options;
    options.operation_count = 20 + seed % 100;
    options.client_count = 2 + seed % 6;
    options.key_count = 1 + seed % 4;
    options.unknown_percent = static_cast<unsigned>(seed % 4) * 10;
    options.add_percent = static_cast<unsigned>(seed % 3) * 10;
    options.told_refusals = seed % 2 == 0;
    auto xs = twin_store{seed, options}.run();
    auto answer = check(xs);
    INFO("seed " << seed << ": " << answer.explanation);
    REQUIRE(answer);
    REQUIRE(answer.undecided_count == 0);
  }
}

TEST_CASE("a long history on few keys is judged as well", "[checker]") {
  twin_options options;
  options.operation_count = 10'000;
  options.client_count = 20;
  options.key_count = 20;
  options.unknown_percent = 5;
  options.add_percent = 5;
  for (uint64_t seed = 1; seed <= 10; ++seed) {
    auto answer = check(twin_store{seed, options}.run());
    INFO("seed " << seed << ": " << answer.explanation);
    REQUIRE(answer);
    REQUIRE(answer.undecided_count <= 1);
  }
}

TEST_CASE("the checker agrees with the search of all orders", "[checker]") {
  size_t wrong_count = 0;
  for (uint64_t seed = 1; seed <= 40'000; ++seed) {
    twin_options options;
    options.operation_count = 4 + seed % 5;
    options.client_count = 3;
    options.key_count = 1;
    options.unknown_percent = 25;
    options.list_percent = 0;
    options.add_percent = 0;
    auto xs = twin_store{seed, options}.run();
    std::mt19937_64 dice{seed};
    for (auto n = seed % 3; n > 0; --n)
      if (!xs.empty())
        disturb(xs, dice);
    auto answer = check(xs);
    INFO("seed " << seed << ": " << answer.explanation << "\n" << text_of(xs));
    REQUIRE(static_cast<bool>(answer) == order_search{xs}.run());
    wrong_count += answer ? 0 : 1;
  }
  REQUIRE(wrong_count > 3'000);
  REQUIRE(wrong_count < 35'000);
}

TEST_CASE("counters never look wrong when they are right", "[checker]") {
  for (uint64_t seed = 1; seed <= 20'000; ++seed) {
    twin_options options;
    options.operation_count = 4 + seed % 5;
    options.client_count = 3;
    options.key_count = 1;
    options.list_percent = 0;
    options.add_percent = 100;
    options.told_refusals = false;
    options.unknown_percent = 25;
    auto xs = twin_store{seed, options}.run();
    std::mt19937_64 dice{seed};
    if (seed % 2 == 0)
      disturb(xs, dice);
    auto answer = check(xs);
    INFO("seed " << seed << ": " << answer.explanation << "\n" << text_of(xs));
    if (!answer)
      REQUIRE(!order_search{xs}.run());
  }
}

TEST_CASE("planted: a stale read after an acknowledged write", "[checker]") {
  history xs{put(0, 10, "a", 1), put(20, 30, "b", 2), read(31, 40, "a", 1)};
  CHECK(found(xs) == fault_found::stale_read);
  xs[2].call_ns = 29;
  CHECK(check(xs));
}

TEST_CASE("planted: a lost write", "[checker]") {
  history xs{put(0, 10, "a", 1), absent(20, 30)};
  CHECK(found(xs) == fault_found::absence_unjustified);
  CHECK(check(xs).offending == std::vector<size_t>{0, 1});
  xs.push_back(erase(5, 25, 2));
  CHECK(check(xs));
  // The same version for the next write.
  CHECK(found({put(0, 10, "a", 1), put(20, 30, "b", 1)})
        == fault_found::version_reused);
}

TEST_CASE("planted: a value that nobody wrote", "[checker]") {
  CHECK(found({put(0, 10, "a", 1), read(20, 30, "z", 2)})
        == fault_found::never_written);
  CHECK(found({put(0, 10, "a", 1), read(20, 30, "z", 1)})
        == fault_found::wrong_value);
  CHECK(found({read(0, 5, "a", 1), put(6, 10, "a", 1)})
        == fault_found::read_too_early);
}

TEST_CASE("planted: an unknown write that is applied twice", "[checker]") {
  history xs{unknown(put(0, 0, "a", 0)), read(1, 2, "a", 1), put(3, 4, "b", 2),
             read(5, 6, "b", 2)};
  CHECK(check(xs));
  xs.push_back(read(7, 8, "a", 3));
  CHECK(found(xs) == fault_found::applied_twice);
  history ys{put(0, 1, "a", 1), unknown(erase(2, 0, 0)), absent(4, 5),
             put(6, 7, "b", 5)};
  CHECK(check(ys));
  ys.push_back(absent(8, 9));
  CHECK(found(ys) == fault_found::absence_unjustified);
}

TEST_CASE("planted: a refused or failed write is visible", "[checker]") {
  history xs{put(0, 1, "a", 1), refused(cas(2, 3, "b", "c", 0)),
             failed(put(4, 5, "d", 0)), read(6, 7, "a", 1)};
  CHECK(check(xs));
  auto ys = xs;
  ys.push_back(read(8, 9, "c", 2));
  CHECK(found(ys) == fault_found::refused_visible);
  xs.push_back(read(8, 9, "d", 2));
  CHECK(found(xs) == fault_found::refused_visible);
}

TEST_CASE("planted: a reader goes back in time", "[checker]") {
  history xs{put(0, 1, "a", 1), put(2, 100, "b", 2), read(10, 20, "b", 2),
             read(21, 30, "a", 1)};
  CHECK(found(xs) == fault_found::went_back);
}

TEST_CASE("planted: versions against time", "[checker]") {
  CHECK(found({put(0, 1, "a", 2), put(2, 3, "b", 1)})
        == fault_found::order_broken);
  // On two keys of one shard.
  CHECK(found({put(0, 1, "a", 2), of("/k/1", put(2, 3, "b", 1))})
        == fault_found::order_broken);
  CHECK(found({put(0, 1, "a", 1), of("/k/1", put(2, 3, "b", 1))})
        == fault_found::version_reused);
}

TEST_CASE("planted: a guard that did not hold", "[checker]") {
  CHECK(found({put(0, 1, "a", 1), cas(2, 3, "b", "c", 2)})
        == fault_found::guard_broken);
  CHECK(found({put(0, 1, "a", 1), refused(cas(2, 3, "a", "c", 2))})
        == fault_found::refusal_unjustified);
  CHECK(check(
    {put(0, 1, "a", 1), cas(2, 3, "b", "c", 3), unknown(put(0, 0, "b", 0))}));
  CHECK(found({add(0, 1, 2, "2", 1), add(2, 3, 2, "6", 2)})
        == fault_found::guard_broken);
}

TEST_CASE("planted: a listing that is not a cut", "[checker]") {
  history xs{put(0, 1, "a", 1), of("/k/1", put(2, 3, "x", 2)),
             put(10, 20, "b", 3), of("/k/1", put(21, 30, "y", 4))};
  auto ys = xs;
  ys.push_back(list(5, 40, {{"/k/0", "b", 3}, {"/k/1", "x", 2}}));
  CHECK(check(ys));
  ys = xs;
  ys.push_back(list(5, 40, {{"/k/0", "a", 1}, {"/k/1", "y", 4}}));
  CHECK(found(ys) == fault_found::not_a_cut);
  // Deleted before the other came: never both.
  ys = {put(0, 1, "a", 1), erase(2, 50, 2), of("/k/1", put(3, 50, "x", 3)),
        list(5, 40, {{"/k/0", "a", 1}, {"/k/1", "x", 3}})};
  CHECK(found(ys) == fault_found::not_a_cut);
  ys[3] = list(5, 40, {});
  CHECK(check(ys));
}

TEST_CASE("two listings of writes in flight agree on their order",
          "[checker]") {
  history xs{put(0, 100, "a", 1), of("/k/1", put(0, 100, "x", 2)),
             list(10, 20, {{"/k/0", "a", 1}, {"/k/1", "x", 2}}),
             list(30, 40, {{"/k/0", "a", 1}})};
  CHECK(!check(xs));
  std::swap(xs[2].rows, xs[3].rows);
  CHECK(check(xs));
}

TEST_CASE("a history survives its JSON lines", "[checker]") {
  twin_options options;
  options.add_percent = 10;
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    auto text = text_of(twin_store{seed, options}.run());
    std::istringstream in{text};
    auto read_back = read_json_lines(in);
    REQUIRE(read_back);
    REQUIRE(text_of(*read_back) == text);
    REQUIRE(check(*read_back));
  }
}

TEST_CASE("a broken line is named", "[checker]") {
  std::istringstream in{text_of({put(0, 1, "a", 1)}) + "{\"client\":3}\n"};
  auto read_back = read_json_lines(in);
  REQUIRE(!read_back);
  CHECK(read_back.failure().message.starts_with("line 2: "));
}
