// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/garbage.hpp"
#include "runtime/read_table/reader_slots.hpp"

#include <catch2/catch.hpp>

#include <latch>
#include <thread>
#include <vector>

using namespace muster::lock_free;

namespace {

/// Counts how many of them are freed.
struct fixture {
  static inline int freed = 0;

  fixture() {
    freed = 0;
  }

  void retire() {
    trash.retire(
      this, [](const void*) { ++freed; }, 10);
  }

  garbage trash;
};

} // namespace

TEST_CASE_METHOD(fixture, "garbage without readers is freed at once",
                 "[garbage]") {
  retire();
  retire();
  CHECK(trash.untagged_count() == 2);
  CHECK(trash.bytes() == 20);
  trash.collect();
  CHECK(freed == 2);
  CHECK(trash.bytes() == 0);
}

TEST_CASE_METHOD(fixture, "pinned reader keeps what is retired after its pin",
                 "[garbage]") {
  {
    pin reader;
    retire();
    for (int i = 0; i < 5; ++i)
      trash.collect();
    CHECK(freed == 0);
    CHECK(trash.untagged_count() == 0);
  }
  trash.collect();
  CHECK(freed == 1);
}

TEST_CASE_METHOD(fixture, "inner pin does not unpin", "[garbage]") {
  pin outer;
  {
    pin inner;
    CHECK(inner);
  }
  retire();
  trash.collect();
  CHECK(freed == 0);
}

TEST_CASE_METHOD(fixture, "reader that is newer by two keeps nothing",
                 "[garbage]") {
  {
    pin old_reader;
    retire();
    trash.collect();
  }
  // Two more epochs begin without anything being freed.
  auto epoch = global_epoch.fetch_add(2);
  pin new_reader;
  CHECK(oldest_pinned_epoch() == epoch + 2);
  trash.collect();
  CHECK(freed == 1);
}

TEST_CASE_METHOD(fixture, "garbage ends with its owner", "[garbage]") {
  {
    garbage short_lived;
    short_lived.retire(
      this, [](const void*) { ++freed; }, 1);
  }
  CHECK(freed == 1);
}

TEST_CASE("slot returns when its thread ends", "[reader_slots]") {
  { pin mine; }
  auto before = reader_slots_taken();
  for (int i = 0; i < 100; ++i)
    std::jthread{[] { pin x; }};
  CHECK(reader_slots_taken() == before);
}

TEST_CASE("slots grow with the threads", "[reader_slots]") {
  constexpr ptrdiff_t count = 70;
  auto before = reader_slots_taken();
  std::latch all_pinned{count};
  std::latch counted{1};
  std::atomic<int> without_slot = 0;
  {
    std::vector<std::jthread> threads;
    for (ptrdiff_t i = 0; i < count; ++i)
      threads.emplace_back([&] {
        pin x;
        without_slot += x ? 0 : 1;
        all_pinned.count_down();
        counted.wait();
      });
    all_pinned.wait();
    CHECK(reader_slots_taken() >= static_cast<size_t>(count));
    counted.count_down();
  }
  CHECK(without_slot == 0);
  CHECK(reader_slots_taken() == before);
}
