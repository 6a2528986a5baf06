// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/http_call.hpp"
#include "cli/launch/cluster_file.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace muster::cli {

enum class health : uint8_t { ok, warn, fail };

const char* to_string(health x);

/// One line of the doctor.
struct finding {
  health how = health::ok;
  /// What was looked at, such as `disk`.
  std::string what;
  std::string detail;
  /// What to do; empty if nothing.
  std::string advice;
};

using findings = std::vector<finding>;

/// CLOCK_BOOTTIME ticks, and on which clock source.
findings check_clock();

/// Free space, and how long a sync takes where the data lies.
findings check_disk(const std::filesystem::path& directory);

/// The programs musterd and etcd.
findings check_programs(const launch::cluster_plan& plan);

/// Each port: free, or held by the process of the cluster that should.
findings check_ports(const std::filesystem::path& directory,
                     const launch::cluster_plan& plan);

/// Each member of etcd answers.
findings check_etcd(const launch::cluster_plan& plan);

/// The days that are left, the CA, the private keys.
findings check_certificates(const std::filesystem::path& directory,
                            const launch::cluster_plan& plan);

/// Each machine answers and serves.
findings check_machines(const launch::cluster_plan& plan);

/// One machine, wherever it runs, and what it says of its cluster: machines
/// that are silent, shards that are not served.
findings check_server(const server_address& x);

} // namespace muster::cli
