// SPDX-License-Identifier: Apache-2.0
#include "cli/quantities.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::cli;

namespace {

uint64_t bytes(const char* text) {
  auto x = parse_bytes("--capacity", text);
  REQUIRE(x);
  return *x;
}

template <class T>
std::string complaint(const result<T>& x) {
  return x ? "" : x.failure().message;
}

} // namespace

TEST_CASE("quantities: bytes") {
  CHECK(bytes("0") == 0);
  CHECK(bytes("4096") == 4096);
  CHECK(bytes("17B") == 17);
  CHECK(bytes("64MiB") == uint64_t{64} << 20);
  CHECK(bytes("64 MiB") == uint64_t{64} << 20);
  CHECK(bytes("1.5GiB") == uint64_t{3} << 29);
  CHECK(bytes("0.125KiB") == 128);
  CHECK(bytes("1.25GiB") == uint64_t{5} << 28);
  CHECK(bytes("2TB") == 2'000'000'000'000);
  CHECK(bytes("0.001kB") == 1);
  CHECK(bytes("1.10kB") == 1100);
  CHECK(bytes("3PiB") == uint64_t{3} << 50);
}

TEST_CASE("quantities: times") {
  auto is = [](const char* text, nanoseconds x) {
    auto found = parse_duration("--latency", text);
    return found && *found == x;
  };
  CHECK(is("1ns", nanoseconds{1}));
  CHECK(is("100us", std::chrono::microseconds{100}));
  CHECK(is("0.5ms", std::chrono::microseconds{500}));
  CHECK(is("2s", std::chrono::seconds{2}));
  CHECK(is("1.5m", std::chrono::seconds{90}));
  CHECK(is("1h", std::chrono::hours{1}));
  CHECK(is("7d", std::chrono::hours{168}));
}

TEST_CASE("quantities: bandwidth, cores, shares") {
  CHECK(*parse_bandwidth("--bandwidth", "1Gbit") == 1'000'000'000);
  CHECK(*parse_bandwidth("--bandwidth", "100Mbit/s") == 100'000'000);
  CHECK(*parse_bandwidth("--bandwidth", "2500") == 2500);
  CHECK(*parse_thousandths("--cores", "2.5") == 2500);
  CHECK(*parse_thousandths("--cores", "4") == 4000);
  CHECK(*parse_share("--load", "50%") == 500);
  CHECK(*parse_share("--load", "12.5%") == 125);
  CHECK(*parse_share("--load", "0.25") == 250);
}

TEST_CASE("quantities: a complaint begins with the field") {
  for (auto text : {"", "MiB", "-1", "1.", ".5GiB", "1e3", "0x10", "1 000"}) {
    CAPTURE(text);
    CHECK(complaint(parse_bytes("--capacity", text)).rfind("--capacity: ", 0)
          == 0);
  }
}

TEST_CASE("quantities: a unit that is none is said, with those that are") {
  CHECK(complaint(parse_bytes("--capacity", "64MB/s")).find("KiB, MiB")
        != std::string::npos);
  CHECK_FALSE(parse_bytes("--capacity", "64mib"));
  CHECK(complaint(parse_duration("--latency", "5")).find("ns, us, ms")
        != std::string::npos);
  CHECK(complaint(parse_bandwidth("--bandwidth", "1GB")).find("Gbit")
        != std::string::npos);
  CHECK(complaint(parse_thousandths("--cores", "2GHz")).find("has a unit")
        != std::string::npos);
}

TEST_CASE("quantities: what is no whole number is not rounded") {
  for (auto text : {"0.5", "1.0001B", "0.3KiB", "1.0000000000000000001GiB"}) {
    CAPTURE(text);
    CHECK(complaint(parse_bytes("--capacity", text)).find("no whole number")
          != std::string::npos);
  }
  CHECK_FALSE(parse_thousandths("--cores", "0.0005"));
}

TEST_CASE("quantities: what is too large is said to be") {
  for (auto text : {"8192PiB", "9223372036854775808", "99999999999999999999"}) {
    CAPTURE(text);
    CHECK(complaint(parse_bytes("--capacity", text)).find("too large")
          != std::string::npos);
  }
  CHECK(bytes("9223372036854775807") == INT64_MAX);
}
