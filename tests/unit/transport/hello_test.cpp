// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/hello.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

hello sample() {
  hello x;
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
  CHECK(encode(longest).size() == hello_bytes_max);
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
  CHECK(decode_refusal("\1") == refusal::version);
  CHECK(decode_refusal("\7") == refusal::old_connection);
  CHECK_FALSE(decode_refusal(std::string_view{"\0", 1}));
  CHECK_FALSE(decode_refusal("\10"));
  CHECK_FALSE(decode_refusal(""));
  CHECK_FALSE(decode_refusal("\1\1"));
}
