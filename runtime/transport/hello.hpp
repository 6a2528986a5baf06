// SPDX-License-Identifier: Apache-2.0
#pragma once

// The payload of a hello frame. All numbers are little-endian.
//
//   offset  size  field
//        0     4  "MSTR"
//        4     2  protocol version, 1
//        6     1  lane: 0 data, 1 lease
//        7     1  zero
//        8     8  hash of the cluster options
//       16     8  incarnation
//       24     8  number of the connection: the dialler's count, which tells
//                 the newer of two; 0 from the acceptor
//       32     8  credit: bytes of batch payloads that the dialler may send;
//                 0 from the dialler
//       40     1  a, length of the cluster id
//       41     a  cluster id
//     41+a     1  b, length of the machine id
//     42+a     b  machine id

#include "registry/ids.hpp"
#include "runtime/ports/transport.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace muster {

inline constexpr uint16_t protocol_version = 1;

/// What both ends tell about themselves before anything else.
struct hello {
  uint16_t version = protocol_version;
  lane on = lane::data;
  uint64_t options_hash = 0;
  peer from;
  uint64_t number = 0;
  uint64_t credit_bytes = 0;
  std::string cluster_id;

  bool operator==(const hello&) const = default;
};

/// The largest hello; before it, a connection may send no longer frame.
inline constexpr size_t hello_bytes_max = 42 + 255 + 255;

/// @pre both ids are at most 255 bytes long
std::string encode(const hello& x);

/// Nothing if `bytes` is not exactly a hello. One of another protocol version
/// is returned as far as its fields are understood.
std::optional<hello> decode_hello(std::string_view bytes);

/// Why an acceptor does not want a connection.
enum class refusal : uint8_t {
  /// Upgrade the older machine.
  version = 1,
  /// It belongs to another cluster.
  cluster,
  /// The cluster options differ: make them equal on all machines.
  cluster_options,
  /// The certificate names another machine than the hello.
  identity,
  /// The machine is not registered, or not yet known to be.
  not_registered,
  /// A newer incarnation of the machine is known.
  old_incarnation,
  /// A newer connection of the same machine and lane is known.
  old_connection,
};

const char* to_string(refusal x);

/// Nothing if `bytes` is not a known refusal.
std::optional<refusal> decode_refusal(std::string_view bytes);

} // namespace muster
