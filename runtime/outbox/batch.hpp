// SPDX-License-Identifier: Apache-2.0
#pragma once

// A batch: the packets that travel in one frame, one after the other, no gaps.
// All numbers are little-endian.
//
//   offset  size  field
//        0     2  tag
//        2     4  n, length of the payload
//        6     n  payload
//
// A batch holds at least one packet and ends where its last packet ends.

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

/// Writes the lowest `count` bytes of `x`, lowest first.
inline void store_le(char* at, uint64_t x, size_t count) {
  for (size_t i = 0; i < count; ++i)
    at[i] = static_cast<char>(static_cast<unsigned char>(x >> (8 * i)));
}

/// Reads `count` bytes, at most 8, lowest first.
inline uint64_t load_le(const char* at, size_t count) {
  uint64_t x = 0;
  for (size_t i = 0; i < count; ++i)
    x |= uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
  return x;
}

/// What a packet takes in a batch besides its payload.
inline constexpr size_t packet_overhead_bytes = 6;

/// Appends one packet.
/// @pre the payload is shorter than 4 GiB
inline void append_packet(std::string& batch, uint16_t tag,
                          std::string_view payload) {
  assert(payload.size() <= UINT32_MAX);
  char head[packet_overhead_bytes];
  store_le(head, tag, 2);
  store_le(head + 2, payload.size(), 4);
  batch.append(head, sizeof head).append(payload);
}

/// Reads a batch that may be garbage; owns nothing. Not thread-safe.
class batch_reader {
public:
  explicit batch_reader(std::string_view batch) : rest_(batch) {
    // nop
  }

  /// Moves to the next packet. False at the end, and at the first packet
  /// that does not fit: `at_end` tells which.
  bool next() {
    if (rest_.size() < packet_overhead_bytes)
      return false;
    auto size = static_cast<size_t>(load_le(rest_.data() + 2, 4));
    if (size > rest_.size() - packet_overhead_bytes)
      return false;
    tag_ = static_cast<uint16_t>(load_le(rest_.data(), 2));
    payload_ = rest_.substr(packet_overhead_bytes, size);
    rest_.remove_prefix(packet_overhead_bytes + size);
    return true;
  }

  bool at_end() const {
    return rest_.empty();
  }

  uint16_t tag() const {
    return tag_;
  }

  /// A view into the batch.
  std::string_view payload() const {
    return payload_;
  }

private:
  std::string_view rest_;
  std::string_view payload_;
  uint16_t tag_ = 0;
};

/// True if `batch` holds packets only, and at least one.
inline bool is_batch(std::string_view batch) {
  batch_reader reader{batch};
  auto any = false;
  while (reader.next())
    any = true;
  return any && reader.at_end();
}

} // namespace muster
