// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/hello.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

hello sample() {
  hello x;
  x.versions = {{1, 1}, {2, 3}};
  x.on = lane::lease;
  x.options_hash = 0x1122334455667788;
  x.from = {machine_id{"m1"}, incarnation{7}};
  x.number = 9;
  x.credit_bytes = 10;
  x.cluster_id = std::string{"c"};
  return x;
}

} // namespace

TEST_CASE("hello: comes back as it was") {
  CHECK(decode_hello(encode(sample())) == sample());
  auto longest = sample();
  longest.cluster_id = std::string(255, 'c');
  longest.from.id.value = std::string(255, 'm');
  CHECK(encode(longest).size() < hello_bytes_max);
  CHECK(decode_hello(encode(longest)) == longest);
}

TEST_CASE("hello: cut, extended or foreign bytes are none") {
  auto bytes = encode(sample());
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK_FALSE(decode_hello(std::string_view{bytes}.substr(0, size)));
  auto extended = bytes;
  extended.push_back('x');
  CHECK_FALSE(decode_hello(extended));
  auto foreign = bytes;
  foreign[0] = 'X';
  CHECK_FALSE(decode_hello(foreign));
  auto third_lane = bytes;
  third_lane[6] = 2;
  CHECK_FALSE(decode_hello(third_lane));
}

TEST_CASE("hello: refusals have names and bounds") {
  for (auto why : {refusal::version, refusal::old_connection}) {
    auto found = decode_refusal(encode(why, {{1, 2}, {3, 3}}));
    REQUIRE(found);
    CHECK(found->why == why);
  }
  auto found = decode_refusal(encode(refusal::version, {{1, 2}, {3, 3}}));
  CHECK(found->versions == machine_versions{{1, 2}, {3, 3}});
  CHECK_FALSE(decode_refusal("\1"));
  CHECK_FALSE(decode_refusal(std::string_view{"\0", 1}));
  CHECK_FALSE(decode_refusal("\10"));
  CHECK_FALSE(decode_refusal(""));
  CHECK_FALSE(decode_refusal("\1\1"));
}

TEST_CASE("hello: what a newer version adds is skipped") {
  auto x = sample();
  x.versions.wire.newest = wire_versions.newest + 1;
  CHECK(decode_hello(encode(x) + "more") == x);
}

TEST_CASE("versions: the newest that both have is spoken") {
  auto spoken = [](version_range a, version_range b) {
    auto both = agree({a, {1, 1}}, {b, {1, 1}});
    return both ? int{both->wire} : 0;
  };
  CHECK(spoken({1, 1}, {1, 1}) == 1);
  CHECK(spoken({1, 2}, {1, 1}) == 1);
  CHECK(spoken({1, 2}, {2, 3}) == 2);
  CHECK(spoken({1, 1}, {2, 3}) == 0);
  CHECK_FALSE(agree({{1, 1}, {2, 2}}, {{1, 1}, {3, 4}}));
  CHECK(to_string(machine_versions{{1, 2}, {3, 3}}) == "wire 1 to 2, format 3");
}

TEST_CASE("versions: a range as text") {
  CHECK(*parse_versions("2") == version_range{2, 2});
  CHECK(*parse_versions("1-2") == version_range{1, 2});
  for (auto wrong : {"", "0", "2-1", "a", "1-", "1-999", "1-2-3"})
    CHECK_FALSE(parse_versions(wrong));
}
