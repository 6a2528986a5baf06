// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_log.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace muster;

namespace {

using terms = std::vector<uint64_t>; // of entries 1 .., ascending

shard_log log_of(const terms& x) {
  shard_log out;
  for (auto of : x) {
    log_entry entry;
    entry.of = term{of};
    entry.at = out.last().next();
    out.append(entry,
               std::to_string(of) + "@" + std::to_string(entry.at.value));
  }
  return out;
}

std::optional<sequence> shared(const shard_log& mine, const shard_log& other) {
  return mine.shared_with(other.base(), other.base_term(), other.marks());
}

/// The dumb twin: compares entry by entry.
size_t prefix_of(const terms& a, const terms& b) {
  size_t n = 0;
  while (n < a.size() && n < b.size() && a[n] == b[n])
    ++n;
  return n;
}

/// Two logs of one history: a common beginning, then terms of their own.
std::pair<terms, terms> histories(std::mt19937_64& random) {
  std::pair<terms, terms> out;
  uint64_t of = 1;
  for (auto n = random() % 8; n > 0; --n)
    out.first.push_back(of += random() % 2);
  out.second = out.first;
  auto next = of;
  for (auto n = random() % 5; n > 0; --n)
    out.first.push_back(next += 2 * (random() % 2) + (next == of ? 2 : 0));
  next = of;
  for (auto n = random() % 5; n > 0; --n)
    out.second.push_back(next += 2 * (random() % 2) + (next == of ? 3 : 0));
  return out;
}

} // namespace

TEST_CASE("shard_log: marks name the last sequence of every term") {
  auto log = log_of({1, 1, 4, 4, 4, 9});
  CHECK(log.marks()
        == std::vector<term_mark>{{term{1}, sequence{2}},
                                  {term{4}, sequence{5}},
                                  {term{9}, sequence{6}}});
}

TEST_CASE("shard_log: trimming keeps the name and hash of the base") {
  auto log = log_of({1, 1, 4});
  auto hash = log.hash_at(sequence{2});
  log.trim(sequence{2});
  CHECK(log.base() == sequence{2});
  CHECK(log.base_term() == term{1});
  CHECK(log.hash_at(sequence{2}) == hash);
  CHECK(log.last() == sequence{3});
  CHECK(log.bytes() == 3);
}

TEST_CASE("shard_log: the same entries after a cut give the same hash") {
  auto log = log_of({1, 1, 4});
  log.truncate(sequence{2});
  CHECK(log.hash_at(log.last()) == log_of({1, 1}).hash_at(sequence{2}));
  CHECK(log.hash_at(log.last()) != log_of({1, 2}).hash_at(sequence{2}));
}

TEST_CASE("shard_log: a log that begins after ours ends shares nothing") {
  auto other = log_of({1, 1, 1, 1});
  other.trim(sequence{3});
  CHECK_FALSE(shared(log_of({1, 1}), other));
  CHECK(shared(log_of({1, 1, 1}), other) == sequence{3});
  CHECK_FALSE(shared(log_of({1, 1, 0 + 2}), other));
}

TEST_CASE("shard_log: shared_with agrees with comparing entry by entry") {
  std::mt19937_64 random{7};
  for (auto n = 0; n < 5000; ++n) {
    auto [a, b] = histories(random);
    auto common = prefix_of(a, b);
    auto mine = log_of(a);
    auto other = log_of(b);
    // Only what both have may be trimmed: it is committed.
    mine.trim(sequence{random() % (common + 1)});
    other.trim(sequence{random() % (common + 1)});
    INFO("run " << n);
    REQUIRE(shared(mine, other) == sequence{common});
  }
}
