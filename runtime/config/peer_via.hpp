// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

/// Where to dial one machine instead of the address that it registered.
struct peer_via {
  machine_id id;
  std::string host;
  uint16_t port = 0;

  bool operator==(const peer_via&) const = default;
};

/// Reads an item of the option `peer_via`, such as `m2=127.0.0.1:4102`; an IPv6
/// address may be in brackets.
/// Error: `invalid_argument` says what such an item looks like.
result<peer_via> parse_peer_via(std::string_view text);

} // namespace muster
