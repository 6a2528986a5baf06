// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/expiry.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using std::chrono::seconds;

namespace {

const boot_time start{std::chrono::hours{1}};
const std::vector<std::string> nobody;
const std::vector<std::string> a{"a"};

} // namespace

TEST_CASE("expiry: an allocation ends after its time, not before") {
  expiry x;
  x.put("a", sequence{1}, seconds{10}, start);
  CHECK(x.due(start + seconds{9}) == nobody);
  CHECK(x.due(start + seconds{10}) == a);
}

TEST_CASE("expiry: without a time it stays") {
  expiry x;
  x.put("a", sequence{1}, std::nullopt, start);
  CHECK(x.size() == 0);
  CHECK(x.due(start + seconds{1'000'000}) == nobody);
}

TEST_CASE("expiry: the same record told again does not prolong it") {
  expiry x;
  x.put("a", sequence{1}, seconds{10}, start);
  x.put("a", sequence{1}, seconds{10}, start + seconds{9});
  CHECK(x.due(start + seconds{10}) == a);
}

TEST_CASE("expiry: another allocation of the same id has its own time") {
  expiry x;
  x.put("a", sequence{1}, seconds{10}, start);
  x.put("a", sequence{2}, seconds{10}, start + seconds{9});
  CHECK(x.due(start + seconds{10}) == nobody);
  CHECK(x.due(start + seconds{19}) == a);
}

TEST_CASE("expiry: an end that fails is tried again, but not at once") {
  expiry x;
  x.put("a", sequence{1}, seconds{10}, start);
  auto end = start + seconds{10};
  CHECK(x.due(end) == a);
  CHECK(x.due(end + expiry::retry / 2) == nobody);
  CHECK(x.due(end + expiry::retry) == a);
  x.erase("a");
  CHECK(x.due(end + expiry::retry * 3) == nobody);
}
