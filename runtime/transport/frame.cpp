// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/frame.hpp"

#include "runtime/outbox/batch.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>
#include <cstring>

namespace muster {

namespace {

/// An empty buffer larger than this is given back.
constexpr size_t kept_capacity_max = size_t{1} << 20;

bool known(uint8_t type) {
  return type >= static_cast<uint8_t>(frame_type::hello)
         && type <= static_cast<uint8_t>(frame_type::refusal);
}

uint64_t checksum(const char* header, std::string_view payload) {
  return XXH3_64bits_withSeed(payload.data(), payload.size(),
                              load_le(header, 8));
}

void write_header(frame_type type, std::string_view payload, char* at) {
  assert(payload.size() <= frame_payload_bytes_max);
  store_le(at, payload.size(), 4);
  store_le(at + 4, static_cast<uint8_t>(type), 4);
  store_le(at + 8, checksum(at, payload), 8);
}

} // namespace

void seal_frame(frame_type type, std::string& frame) {
  assert(frame.size() >= frame_header_bytes);
  auto payload = std::string_view{frame}.substr(frame_header_bytes);
  write_header(type, payload, frame.data());
}

void append_frame(frame_type type, std::string_view payload, std::string& out) {
  char header[frame_header_bytes];
  write_header(type, payload, header);
  out.append(header, sizeof header).append(payload);
}

const char* to_string(frame_error x) {
  switch (x) {
    case frame_error::none:
      return "none";
    case frame_error::oversize:
      return "oversize";
    case frame_error::bad_checksum:
      return "bad_checksum";
    case frame_error::unknown_type:
      return "unknown_type";
    case frame_error::bad_padding:
      return "bad_padding";
  }
  return "invalid";
}

frame_decoder::frame_decoder(size_t payload_bytes_max)
  : payload_bytes_max_(payload_bytes_max) {
  assert(payload_bytes_max <= frame_payload_bytes_max);
}

void frame_decoder::limit(size_t payload_bytes_max) {
  assert(payload_bytes_max <= frame_payload_bytes_max);
  payload_bytes_max_ = payload_bytes_max;
}

std::span<char> frame_decoder::room(size_t bytes) {
  assert(error_ == frame_error::none);
  if (capacity_ - end_ < bytes)
    grow(bytes);
  return {buffer_.get() + end_, capacity_ - end_};
}

void frame_decoder::commit(size_t bytes) {
  assert(bytes <= capacity_ - end_);
  end_ += bytes;
}

frame_decoder::step frame_decoder::next(frame& out) {
  assert(error_ == frame_error::none);
  auto size = end_ - begin_;
  if (size < frame_header_bytes) {
    if (size == 0)
      begin_ = end_ = 0;
    return step::need_more;
  }
  const char* header = buffer_.get() + begin_;
  auto length = static_cast<size_t>(load_le(header, 4));
  auto type = static_cast<uint8_t>(header[4]);
  if (length > payload_bytes_max_)
    return refuse(frame_error::oversize);
  if (!known(type))
    return refuse(frame_error::unknown_type);
  if (load_le(header + 5, 3) != 0)
    return refuse(frame_error::bad_padding);
  if (size - frame_header_bytes < length)
    return step::need_more;
  std::string_view payload{header + frame_header_bytes, length};
  if (load_le(header + 8, 8) != checksum(header, payload))
    return refuse(frame_error::bad_checksum);
  begin_ += frame_header_bytes + length;
  out = {static_cast<frame_type>(type), payload};
  return step::frame;
}

frame_error frame_decoder::error() const {
  return error_;
}

bool frame_decoder::in_frame() const {
  return begin_ != end_;
}

frame_decoder::step frame_decoder::refuse(frame_error why) {
  error_ = why;
  return step::refused;
}

void frame_decoder::grow(size_t bytes) {
  auto used = end_ - begin_;
  auto needed = used + bytes;
  auto oversized = used == 0 && capacity_ > kept_capacity_max;
  // A buffer more than half full grows, so that each byte moves only a few
  // times.
  if (needed <= capacity_ && used <= capacity_ / 2 && !oversized) {
    std::memmove(buffer_.get(), buffer_.get() + begin_, used);
  } else {
    auto capacity = std::max(needed, 2 * used);
    std::unique_ptr<char[]> bigger{new char[capacity]};
    if (used > 0)
      std::memcpy(bigger.get(), buffer_.get() + begin_, used);
    buffer_ = std::move(bigger);
    capacity_ = capacity;
  }
  begin_ = 0;
  end_ = used;
}

} // namespace muster
