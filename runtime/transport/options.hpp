// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "runtime/transport/versions.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace muster {

/// PEM files, as runtime/pki writes them.
struct tls_files {
  /// Who signs the certificates of all machines.
  std::string ca;
  /// This machine's certificate; its common name is the machine id.
  std::string certificate;
  /// The certificate's private key.
  std::string key;
};

/// Where a machine is dialled.
struct dial_address {
  std::string host; // numeric or a name
  uint16_t port = 0;
};

struct transport_options {
  /// This machine; 1 to 255 bytes.
  machine_id self;

  /// Numeric or a name; where the transport accepts connections.
  std::string listen_host = "127.0.0.1";

  /// 0: the system chooses; see `tls_transport::port`.
  uint16_t listen_port = 0;

  /// These machines are dialled here instead of at their registered addresses;
  /// who answers is checked as always.
  std::map<machine_id, dial_address> via;

  /// At most 255 bytes. Machines of another cluster are refused.
  std::string cluster_id;

  /// Machines with other cluster options are refused.
  uint64_t cluster_options_hash = 0;

  /// What this machine understands; one that has nothing in common with it is
  /// refused.
  machine_versions versions;

  tls_files tls;

  /// Plaintext without any authentication; only between loopback addresses.
  bool insecure = false;

  /// What may wait on the data lane of one peer, headers included; beyond it
  /// `overloaded`. At least 64 KiB.
  size_t outbox_bytes_max = size_t{64} << 20;

  /// How many packets may wait on the lease lane of one peer. At least 1.
  size_t lease_packets_max = 64;

  /// Packets that wait are written together up to this. 1 KiB to 4 MiB: more
  /// delays what comes after.
  size_t batch_bytes = size_t{256} << 10;

  /// What a peer may send on the data lane beyond what we consumed; one frame
  /// more passes. At least 64 KiB.
  size_t window_bytes = size_t{32} << 20;

  /// True: a packet counts as consumed when the owner says so
  /// (`tls_transport::consumed`); false: when `on_packet` returned.
  bool explicit_credit = false;

  /// Accepted connections, all together. Every peer needs two: a cluster has
  /// half as many machines at most.
  size_t connections_max = 4096;

  /// Accepted connections that have not said a valid hello.
  size_t unauthenticated_max = 64;

  /// From connect or accept to the peer's hello.
  std::chrono::milliseconds handshake_deadline{5000};

  /// A dialled connection without a byte for so long is pinged.
  std::chrono::milliseconds ping_interval{1000};

  /// A connection without a byte for so long is closed; the granularity is
  /// `ping_interval`, of which it should hold three or more.
  std::chrono::milliseconds io_deadline{5000};

  /// The first pause before dialling again; it doubles up to the second, and
  /// each is shortened at random by up to a half.
  std::chrono::milliseconds backoff_min{50};
  std::chrono::milliseconds backoff_max{2000};
};

} // namespace muster
