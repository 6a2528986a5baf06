// SPDX-License-Identifier: Apache-2.0
#include "registry/rate_watch.hpp"

#include <catch2/catch.hpp>

#include <limits>
#include <random>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// Two clocks and the messages between them; `rate` is the other clock's.
struct two_clocks {
  rate_watch watch;
  double rate = 1.0;
  nanoseconds own{100s};
  nanoseconds theirs{7s};

  void pass(nanoseconds x) {
    own += x;
    theirs += nanoseconds{
      static_cast<int64_t>(static_cast<double>(x.count()) * rate)};
  }

  void exchange(nanoseconds there = 100us, nanoseconds back = 100us) {
    auto sent = boot_time{own};
    pass(there);
    auto shown = boot_time{theirs};
    pass(back);
    watch.on_exchange(sent, boot_time{own}, shown);
  }

  /// Renewals every half second. @returns when it was told, or `x`
  nanoseconds run(nanoseconds x) {
    auto began = own;
    while (own - began < x) {
      pass(500ms);
      exchange();
      if (!watch.agrees())
        return own - began;
    }
    return x;
  }
};

} // namespace

TEST_CASE("rate_watch: rates within the bound agree for ever") {
  for (auto rate : {1.0, 1.05, 1 / 1.05, 1.026, 0.975}) {
    two_clocks x;
    x.rate = rate;
    x.run(10min);
    CHECK(x.watch.agrees());
  }
}

TEST_CASE("rate_watch: rates that break a lease are told before it ends") {
  for (auto rate : {1.2, 2.0, 10.0, 0.8, 0.5, 0.0}) {
    two_clocks x;
    x.run(1min);
    x.rate = rate;
    CAPTURE(rate);
    CHECK(x.run(30s) <= 600ms);
  }
  two_clocks x;
  x.rate = 1.09;
  x.exchange();
  CHECK(x.run(30s) <= 600ms);
}

TEST_CASE("rate_watch: slow messages never make a good clock look wrong") {
  std::mt19937_64 random{3};
  two_clocks x;
  for (auto i = 0; i < 20'000; ++i) {
    x.rate = random() % 2 == 0 ? 1.05 : 1 / 1.05;
    x.pass(nanoseconds{static_cast<int64_t>(random() % 2'000'000'000)});
    auto slow = random() % 10 == 0 ? 10'000'000'000u : 1'000'000u;
    x.exchange(nanoseconds{static_cast<int64_t>(random() % slow)},
               nanoseconds{static_cast<int64_t>(random() % slow)});
    REQUIRE(x.watch.agrees());
  }
}

TEST_CASE("rate_watch: rates count as close again after a while") {
  two_clocks x;
  x.exchange();
  x.rate = 1.5;
  x.run(5s);
  REQUIRE_FALSE(x.watch.agrees());
  x.rate = 1.0;
  x.pass(500ms);
  x.exchange();
  CHECK_FALSE(x.watch.agrees());
  for (auto i = 0; i < 12; ++i) {
    x.pass(500ms);
    x.exchange();
  }
  CHECK(x.watch.agrees());
}

TEST_CASE("rate_watch: no clock that a peer may claim is too much") {
  constexpr auto most = std::numeric_limits<int64_t>::max();
  constexpr auto least = std::numeric_limits<int64_t>::min();
  for (auto first : {most, least, int64_t{0}, int64_t{-1}})
    for (auto second : {most, least, int64_t{0}, int64_t{-1}}) {
      rate_watch x;
      x.on_exchange(boot_time{1s}, boot_time{2s},
                    boot_time{nanoseconds{first}});
      x.on_exchange(boot_time{3s}, boot_time{4s},
                    boot_time{nanoseconds{second}});
      CAPTURE(first, second);
      CHECK_FALSE(x.agrees());
    }
}
