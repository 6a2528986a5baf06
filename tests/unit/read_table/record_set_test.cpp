// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/record_set.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace muster;
using namespace muster::lock_free;

namespace {

struct fixture {
  garbage trash;
  usage counts;
  record_set records{{.hash_seed = 1, .records_max = 1'000'000}, trash, counts};

  static uint64_t hash(std::string_view key) {
    return key_hash(key, 1);
  }

  void put(std::string_view key, record_state state = record_state::valid) {
    REQUIRE(records.store(
      hash(key), make_record({tenure{1}, sequence{1}, 0, 0, state}, key, key)));
  }

  void bury(std::string_view key) {
    put(key, record_state::tombstone);
  }

  void evict(std::string_view key) {
    records.evict(key, hash(key));
  }

  bool has(std::string_view key) const {
    const auto* x = records.table().find(key, hash(key));
    return x != nullptr && x->key() == key
           && x->state != record_state::tombstone;
  }

  size_t capacity() const {
    return records.table().capacity();
  }

  /// How many slots have a record of that key.
  size_t slots_of(std::string_view key) const {
    size_t n = 0;
    records.table().visit_while([&](const record& x) {
      n += x.key() == key ? 1 : 0;
      return true;
    });
    return n;
  }
};

std::string key(int i) {
  return "/k" + std::to_string(i);
}

} // namespace

TEST_CASE_METHOD(fixture, "growth keeps every record", "[record_set]") {
  for (int i = 0; i < 3'000; ++i)
    put(key(i));
  CHECK(capacity() == 8192);
  CHECK(counts.growths.get() == 9);
  for (int i = 0; i < 3'000; ++i)
    REQUIRE(has(key(i)));
  CHECK_FALSE(has(key(3'000)));
}

TEST_CASE_METHOD(fixture, "growth leaves the old table as it was",
                 "[record_set]") {
  for (int i = 0; i < 10; ++i)
    put(key(i));
  const auto& old = records.table();
  put(key(10));
  put(key(3), record_state::invalid);
  REQUIRE(&records.table() != &old);
  CHECK(old.find(key(10), hash(key(10))) == nullptr);
  CHECK(old.find(key(3), hash(key(3)))->state == record_state::valid);
}

TEST_CASE_METHOD(fixture, "growth leaves tombstones behind", "[record_set]") {
  for (int i = 0; i < 9; ++i) {
    put(key(i));
    bury(key(i));
  }
  auto next = 9;
  while (counts.growths.get() == 0)
    put(key(next++));
  for (int i = 0; i < 9; ++i)
    CHECK(slots_of(key(i)) == 0);
  for (int i = 9; i < next; ++i)
    CHECK(has(key(i)));
}

TEST_CASE_METHOD(fixture, "entries stay in their slots", "[record_set]") {
  for (int i = 0; i < 8; ++i)
    put(key(i));
  std::vector<std::string> order;
  auto note = [&](const record& x) {
    order.emplace_back(x.key());
    return true;
  };
  records.table().visit_while(note);
  auto before = order;
  bury(key(3));
  put(key(5), record_state::invalid);
  put(key(5));
  order.clear();
  records.table().visit_while(note);
  CHECK(order == before);
}

TEST_CASE_METHOD(fixture, "slots of the dead are used again", "[record_set]") {
  // More keys than slots, few alive at a time: no growth beyond the smallest.
  for (int i = 0; i < 1'000; ++i) {
    put(key(i));
    if (i >= 4)
      i % 2 == 0 ? bury(key(i - 4)) : evict(key(i - 4));
  }
  CHECK(capacity() == 16);
  for (int i = 996; i < 1'000; ++i)
    CHECK(has(key(i)));
  CHECK(counts.records.get() == 4);
}

TEST_CASE_METHOD(fixture, "key is in one slot after its chain was reused",
                 "[record_set]") {
  for (int round = 0; round < 200; ++round) {
    for (int i = 0; i < 7; ++i)
      put(key(i * round % 11));
    for (int i = 0; i < 7; i += 2)
      round % 2 == 0 ? bury(key(i)) : evict(key(i));
    for (int i = 0; i < 11; ++i)
      REQUIRE(slots_of(key(i)) <= 1);
  }
}

TEST_CASE_METHOD(fixture, "cleared set is empty and can be filled again",
                 "[record_set]") {
  for (int i = 0; i < 100; ++i)
    put(key(i));
  records.clear();
  CHECK(capacity() == 16);
  CHECK_FALSE(has(key(1)));
  CHECK(counts.records.get() == 0);
  CHECK(counts.record_bytes.get() == 0);
  put(key(1));
  CHECK(has(key(1)));
}
