// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "runtime/ports/events.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster {

enum class coordinator_kind : uint8_t { embedded, etcd };

enum class machine_role : uint8_t { machine, rack_switch };

enum class log_format : uint8_t { human, json };

/// What may differ from machine to machine. Bounds are in `option_table.cpp`.
struct process_options {
  // -- who it is

  /// Unique in the cluster; letters, digits, `-`, `_`, `.`, up to 63.
  machine_id id{"m1"};

  /// Machines of different names never talk: names the coordinator's keys.
  std::string cluster_name = "muster";

  /// A switch hosts an agent for the machines of its rack and stores nothing.
  machine_role role = machine_role::machine;

  /// The switch that this machine is behind: its copies come from there. Empty
  /// = none, straight from each shard's home.
  machine_id behind_switch;

  /// False: takes no shard, has copies only. Ignored for a switch.
  bool stores_data = true;

  /// Copies of a shard are spread over racks. Empty = a rack of its own.
  std::string rack;

  /// The store, the lock of the machine id, files of allocations.
  std::string data_dir = "muster-data";

  // -- where it listens

  /// For other machines. Plaintext is allowed on loopback only.
  std::string listen_host = "127.0.0.1";

  /// 0 = any free port, which `members` then has.
  uint16_t listen_port = 7400;

  /// The host that other machines dial; empty = `listen_host`.
  std::string advertise_address;

  /// Where this machine dials others instead of the addresses they registered,
  /// as `id=host:port` (peer_via.hpp): through a tunnel or a proxy. Changes
  /// nothing else: the certificate at the other end must still be theirs.
  std::vector<std::string> peer_via;

  std::string http_host = "127.0.0.1";

  /// 0 = any free port.
  uint16_t http_port = 7480;

  // -- coordinator

  /// Embedded serves exactly one machine.
  coordinator_kind coordinator = coordinator_kind::embedded;

  /// `http://host:port` or `https://host:port`, 1 to 16 of them for etcd.
  std::vector<std::string> etcd_endpoints;
  std::string etcd_user;

  /// The root of trust: who has it may register a machine. Secret.
  std::string etcd_password;

  std::string etcd_ca_file;
  std::string etcd_cert_file;
  std::string etcd_key_file;

  /// How many machines that store data must be registered before the shards
  /// are assigned for the first time. Afterwards without effect.
  uint32_t first_machines = 1;

  // -- re-replication

  /// A machine that has been away for so long is replaced in the shards whose
  /// primary this one is, if another machine is there. Shorter = whole again
  /// sooner; longer = a restart copies nothing. 0 = never.
  std::chrono::milliseconds repair_after{30'000};

  /// Whether machines with fewer shards take some of those with more.
  bool balance = true;

  // -- presence

  /// Time to live of the machine's session, which binds `/machines/<id>/alive`.
  /// Shorter = others see sooner that it has gone; each third of it costs a
  /// write. 0 = no such record.
  std::chrono::milliseconds presence_ttl{10'000};

  // -- inventory: what the machine publishes of itself under /machines/<id>

  /// False: nothing, so that the allocator never chooses it.
  bool inventory = true;

  /// Directories as storage devices, `name=path` with a share of what is free
  /// there or a size (device_option.hpp).
  std::vector<std::string> inventory_devices;

  /// Whether mounted file systems on block devices are published as well. False
  /// where several machines share a host, or disks have another owner.
  bool inventory_discover = true;

  /// Names, mount points or disks that are neither published nor touched.
  std::vector<std::string> inventory_excluded;

  /// Whether devices' latency and bandwidth are measured, by a file of 8 MiB
  /// that is made on each for at most a second.
  bool inventory_measure = true;

  /// `name=value` of the machine.
  std::vector<std::string> inventory_labels;

  /// Instead of what is found; 0 = that.
  uint64_t inventory_cores_permille = 0;
  size_t inventory_memory_bytes = 0;
  uint64_t inventory_nic_bits_per_second = 0;

  /// A number, also 0; empty = as found.
  std::string inventory_gpus;

  // -- certificates of the transport and of HTTP

  std::string ca_file;
  std::string cert_file;
  std::string key_file;

  /// Plaintext between machines; refused unless `listen_host` is loopback.
  bool insecure = false;

  // -- log

  log_format format = log_format::human;
  severity log_level = severity::info;

  /// Empty = standard error.
  std::string log_file;

  /// A log file is renamed at this size; `log_files_max` old ones are kept.
  size_t log_file_bytes_max = 64 * 1024 * 1024;
  uint32_t log_files_max = 4;

  // -- tests

  /// For tests of rolling restarts: the wire versions to claim, `1-2`, instead
  /// of those that this program has. Empty = those.
  std::string claimed_wire_versions;

  // -- limits; a request above one is answered `overloaded`

  /// Bytes that wait for one peer. Smaller = a slow peer is felt sooner.
  size_t outbox_bytes_max = 64 * 1024 * 1024;

  /// Bytes that wait for the disk.
  size_t store_backlog_bytes_max = 64 * 1024 * 1024;

  /// Undecided commands of this origin.
  uint32_t commands_in_flight_max = 4096;

  /// Event streams over HTTP.
  uint32_t watchers_max = 1024;

  /// Copies of single records that this machine reads often and does not store
  /// (D6). Less = more reads go to other machines; 0 = no such copies.
  size_t adaptive_copies_bytes_max = 64 * 1024 * 1024;

  /// Commands whose story `muster explain` remembers; about 1 KiB each.
  uint32_t history_count_max = 10'000;

  bool operator==(const process_options&) const = default;
};

} // namespace muster
