// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/hello.hpp"

#include <array>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace muster {

/// Who may connect with this machine, and which of two connections is newer:
/// the acceptor's decisions, without a socket.
///
/// Invariants: (1) the newest incarnation known of a peer never falls while the
/// peer is registered; (2) per peer and lane, admitted connections have growing
/// (incarnation, number).
/// Not thread-safe.
class admission {
public:
  admission(std::string cluster_id, uint64_t options_hash,
            const machine_versions& versions = {});

  /// Replaces the registered machines. What was admitted of machines that stay
  /// is kept.
  void set_peers(std::span<const peer_address> peers);

  bool registered(const machine_id& id) const;

  /// Why `x` must be refused, or nothing.
  /// @param name  what the certificate says; nothing without TLS
  std::optional<refusal> judge(const hello& x,
                               const std::optional<std::string>& name) const;

  /// Notes that the connection of `x`, judged well, is the newest now.
  void admit(const hello& x);

  /// The newest incarnation of `id` listed or seen; 0 = unknown.
  incarnation newest(const machine_id& id) const;

private:
  struct known_peer {
    incarnation newest;
    std::array<uint64_t, 2> numbers{};
  };

  std::string cluster_id_;
  uint64_t options_hash_;
  machine_versions versions_;
  std::map<machine_id, known_peer> peers_;
};

} // namespace muster
