// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/frame.hpp"

#include "runtime/outbox/batch.hpp"
#include "runtime/transport/hello.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

// The first byte says how: bits 0 to 3 the size of the pieces in which the
// stream comes in; bit 7 that the rest is not the stream itself but (type,
// length, payload) triples to be sealed, which gets past the checksum.

namespace muster::fuzz {

namespace {

constexpr unsigned char sealed_bit = 0x80;

std::string seal_all(std::string_view input) {
  std::string out;
  while (!input.empty()) {
    auto type = static_cast<frame_type>(take_byte(input));
    auto payload = take(input, take_byte(input));
    append_frame(type, payload, out);
  }
  return out;
}

void check_batch(std::string_view payload) {
  std::string again;
  for (batch_reader reader{payload}; reader.next();)
    append_packet(again, reader.tag(), reader.payload());
  require(!is_batch(payload) || again == payload, "a batch is its packets");
}

/// What the transport does with a payload, as far as it needs no connection.
void check_payload(const frame& x) {
  switch (x.type) {
    case frame_type::hello:
      if (auto found = decode_hello(x.payload))
        require(x.payload.starts_with(encode(*found)), "a hello has one form");
      break;
    case frame_type::batch:
      check_batch(x.payload);
      break;
    case frame_type::refusal:
      if (auto found = decode_refusal(x.payload))
        require(encode(found->why, found->versions) == x.payload,
                "a refusal has one form");
      break;
    default:
      break;
  }
}

/// Decodes `stream`, which comes in pieces; returns the frames as bytes.
std::string decode(std::string_view stream, size_t piece_bytes) {
  frame_decoder decoder{4096};
  std::string out;
  while (!stream.empty()) {
    auto piece = take(stream, piece_bytes);
    auto room = decoder.room(piece.size());
    std::copy(piece.begin(), piece.end(), room.begin());
    decoder.commit(piece.size());
    frame x;
    auto step = decoder.next(x);
    for (; step == frame_decoder::step::frame; step = decoder.next(x)) {
      check_payload(x);
      append_frame(x.type, x.payload, out);
    }
    if (step == frame_decoder::step::refused) {
      require(decoder.error() != frame_error::none, "a refusal has a reason");
      break;
    }
  }
  return out;
}

} // namespace

bool run(std::string_view input) {
  auto how = take_byte(input);
  auto stream = (how & sealed_bit) != 0 ? seal_all(input) : std::string{input};
  auto whole = decode(stream, std::max<size_t>(1, stream.size()));
  require(std::string_view{stream}.starts_with(whole),
          "frames are what came in");
  require(decode(stream, 1 + (how & 15u)) == whole,
          "pieces give the same frames");
  return !whole.empty();
}

std::vector<std::string> seeds() {
  hello x;
  x.cluster_id = "c";
  x.from = {machine_id{"m1"}, incarnation{7}};
  std::string batch;
  append_packet(batch, 3, "one");
  append_packet(batch, 4, "");
  std::string plain(1, '\0');
  append_frame(frame_type::hello, encode(x), plain);
  append_frame(frame_type::batch, batch, plain);
  append_frame(frame_type::ping, {}, plain);
  std::string sealed{static_cast<char>(sealed_bit | 6)};
  for (auto& payload : {encode(x), batch, encode(refusal::version, {})}) {
    sealed.push_back(payload == batch ? 2 : payload.size() == 7 ? 6 : 1);
    sealed.push_back(static_cast<char>(payload.size()));
    sealed += payload;
  }
  return {plain, sealed};
}

} // namespace muster::fuzz
