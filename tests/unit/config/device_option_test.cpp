// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/device_option.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("device_option: a directory with all, a share or a size") {
  auto all = parse_device_option("data=/srv/data");
  REQUIRE(all);
  CHECK(*all == device_option{"data", "/srv/data", 1000, 0});
  auto share = parse_device_option("d.1=/srv/a@b=c@12.5%");
  REQUIRE(share);
  CHECK(*share == device_option{"d.1", "/srv/a@b=c", 125, 0});
  auto whole = parse_device_option("d=/d@100%");
  REQUIRE(whole);
  CHECK(whole->share_permille == 1000);
  auto size = parse_device_option("d=/d@200GiB");
  REQUIRE(size);
  CHECK(*size == device_option{"d", "/d", 0, uint64_t{200} << 30});
}

TEST_CASE("device_option: what is none says what one looks like") {
  for (auto text : {"", "data", "=/srv", "a/b=/srv", "a=srv", "a=", "a=/srv@",
                    "a=/srv@0%", "a=/srv@101%", "a=/srv@100.5%", "a=/srv@1.25%",
                    "a=/srv@-1%", "a=/srv@%", "a=/srv@0", "a=/srv@1TB"}) {
    INFO(text);
    auto x = parse_device_option(text);
    REQUIRE_FALSE(x);
    CHECK(x.failure().message.find("data=/srv/data@25%") != std::string::npos);
  }
}
