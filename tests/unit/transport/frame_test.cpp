// SPDX-License-Identifier: Apache-2.0
#include "runtime/outbox/batch.hpp"
#include "runtime/transport/frame.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <random>
#include <vector>

using namespace muster;
using step = frame_decoder::step;

namespace {

void feed(frame_decoder& uut, std::string_view bytes) {
  auto room = uut.room(bytes.size());
  REQUIRE(room.size() >= bytes.size());
  std::copy(bytes.begin(), bytes.end(), room.begin());
  uut.commit(bytes.size());
}

std::string framed(frame_type type, std::string_view payload) {
  std::string bytes;
  append_frame(type, payload, bytes);
  return bytes;
}

/// The error that `bytes` give, fed at once.
frame_error error_of(std::string_view bytes, size_t max = 1000) {
  frame_decoder uut{max};
  feed(uut, bytes);
  frame x;
  while (uut.next(x) == step::frame) {
    // on to the first that is wrong
  }
  return uut.error();
}

} // namespace

TEST_CASE("frame: the layout is what the header file says") {
  auto bytes = framed(frame_type::batch, "abc");
  REQUIRE(bytes.size() == 19);
  CHECK(bytes.substr(0, 8) == std::string("\3\0\0\0\2\0\0\0", 8));
  CHECK(bytes.substr(16) == "abc");
  auto sealed = std::string(16, '?') + "abc";
  seal_frame(frame_type::batch, sealed);
  CHECK(sealed == bytes);
}

TEST_CASE("frame: any cut of the stream gives the same frames") {
  auto bytes = framed(frame_type::batch, "first") + framed(frame_type::ping, "")
               + framed(frame_type::batch, std::string(900, 'x'));
  for (size_t chunk = 1; chunk <= bytes.size(); ++chunk) {
    frame_decoder uut{1000};
    std::vector<std::string> payloads;
    for (size_t at = 0; at < bytes.size(); at += chunk) {
      feed(uut, std::string_view{bytes}.substr(at, chunk));
      frame x;
      while (uut.next(x) == step::frame)
        payloads.emplace_back(x.payload);
      REQUIRE(uut.error() == frame_error::none);
    }
    CHECK(payloads
          == std::vector<std::string>{"first", "", std::string(900, 'x')});
    CHECK_FALSE(uut.in_frame());
  }
}

TEST_CASE("frame: truncated is no frame and no error") {
  auto bytes = framed(frame_type::batch, "abc");
  for (size_t size = 0; size < bytes.size(); ++size) {
    frame_decoder uut{1000};
    feed(uut, std::string_view{bytes}.substr(0, size));
    frame x;
    CHECK(uut.next(x) == step::need_more);
    CHECK(uut.in_frame() == (size > 0));
  }
}

TEST_CASE("frame: every flipped bit is noticed") {
  auto bytes = framed(frame_type::batch, "abc");
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    frame_decoder uut{1000};
    feed(uut, flipped);
    frame x;
    CHECK(uut.next(x) != step::frame);
  }
}

TEST_CASE("frame: lengths are limited, to the byte, before memory is taken") {
  CHECK(error_of(framed(frame_type::batch, std::string(1000, 'x')))
        == frame_error::none);
  CHECK(error_of(framed(frame_type::batch, std::string(1001, 'x')))
        == frame_error::oversize);
  auto liar = framed(frame_type::batch, "x");
  store_le(liar.data(), 0xffffffff, 4);
  CHECK(error_of(liar, frame_payload_bytes_max) == frame_error::oversize);
  frame_decoder uut{frame_payload_bytes_max};
  store_le(liar.data(), frame_payload_bytes_max, 4);
  feed(uut, liar);
  frame x;
  CHECK(uut.next(x) == step::need_more);
  CHECK(uut.room(100).size() < 1000); // only what came in is kept
}

TEST_CASE("frame: unknown types and bad padding are refused") {
  for (char type : {'\0', '\7', '\xff'}) {
    auto bytes = framed(frame_type::batch, "abc");
    bytes[4] = type;
    CHECK(error_of(bytes) == frame_error::unknown_type);
  }
  auto bytes = framed(frame_type::batch, "abc");
  bytes[7] = 1;
  CHECK(error_of(bytes) == frame_error::bad_padding);
}

TEST_CASE("frame: random garbage never passes") {
  std::minstd_rand random{1};
  for (int round = 0; round < 2000; ++round) {
    std::string bytes(random() % 200, '\0');
    for (auto& x : bytes)
      x = static_cast<char>(random());
    frame_decoder uut{1000};
    feed(uut, bytes);
    frame x;
    CHECK(uut.next(x) != step::frame);
  }
}
