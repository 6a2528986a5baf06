// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/prefix_set.hpp"
#include "runtime/read_table/reader_slots.hpp"

#include <catch2/catch.hpp>

#include <set>

using namespace muster;
using namespace muster::lock_free;

namespace {

constexpr tenure now{5};

/// A reader that loaded a prefix word of `/a` the first time.
struct fixture {
  garbage trash;
  usage counts;
  prefix_set prefixes{8, trash, counts};
  std::vector<std::string> inside{"/x", "/a/k"};
  std::vector<std::string> outside{"/x", "/ab"};
  prefix_set::bracket first;
  pin reader;

  fixture() {
    prefixes.install("/a", now);
    first = prefixes.find_covering("/a/k", now);
    REQUIRE(first);
    REQUIRE(first.still_holds());
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "bracket breaks when a covered key is marked",
                 "[prefix_set]") {
  prefixes.move_counters(inside, now);
  CHECK_FALSE(first.still_holds());
  CHECK(prefixes.find_covering("/a", now));
}

TEST_CASE_METHOD(fixture, "bracket holds when other keys are marked",
                 "[prefix_set]") {
  prefixes.move_counters(outside, now);
  CHECK(first.still_holds());
}

TEST_CASE_METHOD(fixture, "bracket breaks when the prefix is dropped",
                 "[prefix_set]") {
  prefixes.drop("/a", now);
  CHECK_FALSE(first.still_holds());
  CHECK_FALSE(prefixes.find_covering("/a/k", now));
}

TEST_CASE_METHOD(fixture, "bracket stays broken when it is installed again",
                 "[prefix_set]") {
  prefixes.drop_all(now);
  prefixes.install("/a", now);
  CHECK_FALSE(first.still_holds());
  CHECK(prefixes.find_covering("/a/k", now).value != first.value);
}

TEST_CASE_METHOD(fixture, "bracket breaks when it is granted once more",
                 "[prefix_set]") {
  prefixes.install("/a", now);
  CHECK_FALSE(first.still_holds());
}

TEST_CASE_METHOD(fixture, "prefix counts in its own tenure only",
                 "[prefix_set]") {
  CHECK_FALSE(prefixes.find_covering("/a/k", now.next()));
}

TEST_CASE_METHOD(fixture, "narrowest prefix is found, whatever the order",
                 "[prefix_set]") {
  prefixes.install("/", now);
  prefixes.install("/a/k/deep", now);
  CHECK(prefixes.find_covering("/a/k", now).word == first.word);
  CHECK(prefixes.find_covering("/other", now).word != first.word);
  prefixes.drop("/a", now);
  CHECK(prefixes.find_covering("/a/k", now));
}

TEST_CASE("counter never repeats in any word", "[prefix_set]") {
  garbage trash;
  usage counts;
  prefix_set prefixes{8, trash, counts};
  std::vector<std::string> keys{"/a/k"};
  std::set<uint64_t> values;
  for (int i = 0; i < 100; ++i) {
    prefixes.install("/a", now);
    CHECK(values.insert(prefixes.find_covering("/a", now).value).second);
    prefixes.move_counters(keys, now);
    CHECK(values.insert(prefixes.find_covering("/a", now).value).second);
    prefixes.drop("/a", now);
    trash.collect();
  }
}
