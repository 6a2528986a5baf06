// SPDX-License-Identifier: Apache-2.0
#pragma once

// The payload of a hello frame. All numbers are little-endian.
//
//   offset  size  field
//        0     4  "MSTR"
//        4     2  newest wire version that the sender understands
//        6     1  lane: 0 data, 1 lease
//        7     1  how many older wire versions it understands as well
//        8     8  hash of the cluster options
//       16     8  incarnation
//       24     8  number of the connection: the dialler's count, which tells
//                 the newer of two; 0 from the acceptor
//       32     8  credit: bytes of batch payloads that the dialler may send;
//                 0 from the dialler
//       40     2  newest format of log entries that it understands
//       42     1  how many older formats it understands as well
//       43     1  a, length of the cluster id
//       44     a  cluster id
//     44+a     1  b, length of the machine id
//     45+a     b  machine id
//   45+a+b     .  fields of newer wire versions, skipped by older machines
//
// Every version keeps this layout, so that any two machines can tell each other
// what they understand. Both then speak the newest that they have in common.
//
// The payload of a refusal frame: 1 byte, see `refusal`. For `version` it is
// followed by bytes 4, 5, 7, 40, 41 and 42 of the hello that the acceptor would
// have sent.

#include "registry/ids.hpp"
#include "runtime/ports/transport.hpp"
#include "runtime/transport/versions.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// What this program understands of frames and messages. A machine of another
/// version works beside this one while they have one in common: a new version
/// keeps the one before it.
inline constexpr version_range wire_versions{2, 2};

/// What both ends tell about themselves before anything else.
struct hello {
  machine_versions versions;
  lane on = lane::data;
  uint64_t options_hash = 0;
  peer from;
  uint64_t number = 0;
  uint64_t credit_bytes = 0;
  std::string cluster_id;

  bool operator==(const hello&) const = default;
};

/// The largest hello; before it, a connection may send no longer frame.
inline constexpr size_t hello_bytes_max = 45 + 255 + 255 + 256;

/// @pre both ids are at most 255 bytes long
std::string encode(const hello& x);

/// Nothing if `bytes` is not a hello. More bytes than those above are skipped
/// if the sender understands a newer wire version than this program.
std::optional<hello> decode_hello(std::string_view bytes);

/// Why an acceptor does not want a connection.
enum class refusal : uint8_t {
  /// No wire version or format in common: upgrade the older machine.
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

/// A refusal as it travels. `own` is only sent with `refusal::version`.
std::string encode(refusal why, const machine_versions& own);

struct received_refusal {
  refusal why = refusal::version;
  /// version: what the acceptor understands.
  machine_versions versions;
};

/// Nothing if `bytes` is not a known refusal.
std::optional<received_refusal> decode_refusal(std::string_view bytes);

} // namespace muster
