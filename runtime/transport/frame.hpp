// SPDX-License-Identifier: Apache-2.0
#pragma once

// A frame, the unit of everything that machines send each other (inside TLS).
// All numbers are little-endian.
//
//   offset  size  field
//        0     4  n, length of the payload; at most 16 MiB - 16
//        4     1  type, see `frame_type`
//        5     3  zero
//        8     8  XXH3 (64 bits) of the payload, seeded with bytes 0 to 7
//       16     n  payload
//
//   type      payload
//   hello     see runtime/transport/hello.hpp; the first frame each way
//   batch     packets, see runtime/outbox/batch.hpp; dialler to acceptor
//   credit    8 bytes: the dialler may send so many bytes of batch payloads in
//             all on this connection; never shrinks; acceptor to dialler
//   ping      empty; dialler to acceptor
//   pong      empty; the answer
//   refusal   see runtime/transport/hello.hpp; acceptor to dialler instead of
//             its hello
//
// Whoever receives anything else closes the connection: bytes of a connection
// that once was wrong are not looked at again.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace muster {

enum class frame_type : uint8_t {
  hello = 1,
  batch = 2,
  credit = 3,
  ping = 4,
  pong = 5,
  refusal = 6,
};

inline constexpr size_t frame_header_bytes = 16;
inline constexpr size_t frame_bytes_max = size_t{16} << 20;
inline constexpr size_t frame_payload_bytes_max = frame_bytes_max
                                                  - frame_header_bytes;

/// Writes the header into the first `frame_header_bytes` of `frame`; the rest
/// is the payload.
/// @pre `frame` has room for the header and is not larger than the cap
void seal_frame(frame_type type, std::string& frame);

/// Appends a whole frame to `out`.
/// @pre `payload` is not larger than the cap
void append_frame(frame_type type, std::string_view payload, std::string& out);

/// A frame whose header and checksum are right. The payload is a view.
struct frame {
  frame_type type = frame_type::ping;
  std::string_view payload;
};

enum class frame_error : uint8_t {
  none,
  /// The claimed length is beyond the limit; nothing was allocated for it.
  oversize,
  bad_checksum,
  unknown_type,
  /// The three bytes that must be zero are not.
  bad_padding,
};

const char* to_string(frame_error x);

/// Cuts a stream of bytes, which may be garbage, into frames. Its memory grows
/// with the bytes that came in, never with what a header claims.
///
/// Life cycle: any number of {`room`, write there, `commit`, `next` until it is
/// not `frame`}; after `refused` nothing but destruction.
/// Not thread-safe.
class frame_decoder {
public:
  enum class step : uint8_t { frame, need_more, refused };

  /// @param payload_bytes_max  longer frames are refused
  explicit frame_decoder(size_t payload_bytes_max);

  /// Changes the limit; concerns frames not returned yet.
  void limit(size_t payload_bytes_max);

  /// At least `bytes` of room to write received bytes to. Ends the views
  /// that `next` returned.
  std::span<char> room(size_t bytes);

  /// Says that the first `bytes` of the last `room` are filled.
  void commit(size_t bytes);

  /// Returns the next complete frame in `out`, valid until `room`.
  step next(frame& out);

  /// Why `next` refused.
  frame_error error() const;

  /// True if a frame has begun and its end is missing.
  bool in_frame() const;

private:
  step refuse(frame_error why);
  void grow(size_t bytes);

  size_t payload_bytes_max_;
  std::unique_ptr<char[]> buffer_;
  size_t capacity_ = 0;
  size_t begin_ = 0;
  size_t end_ = 0;
  frame_error error_ = frame_error::none;
};

} // namespace muster
