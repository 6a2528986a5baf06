// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace muster::launch {

/// The layout of a cluster directory; another number is another version's.
constexpr int layout_version = 1;

// A cluster directory, made by `muster up`:
//
//   cluster.json       this plan; written before anything is started
//   lock               held (flock) while `up` or `down` works on it
//   ca/                the private CA
//   etcdN/             data, log, process.json
//   mN/, sN/           machine.toml, certificate, log, process.json
//   mN/data/           the machine's data directory, with its token

struct planned_machine {
  std::string id;
  uint16_t peer_port = 0;
  uint16_t http_port = 0;
  /// A switch stores nothing; other machines may be behind one.
  bool is_switch = false;
  std::string behind = {};
};

struct planned_etcd {
  std::string name;
  uint16_t client_port = 0;
  uint16_t peer_port = 0;
};

/// What stays the same from one `up` to the next.
struct cluster_plan {
  std::string name;
  /// Grows with every `up --new-generation`.
  uint64_t generation = 1;
  uint32_t shards = 64;
  uint32_t replication = 3;
  /// Switches are the last ones.
  std::vector<planned_machine> machines;
  std::vector<planned_etcd> etcd;

  size_t switch_count() const {
    auto is_switch = [](auto& x) { return x.is_switch; };
    return static_cast<size_t>(
      std::count_if(machines.begin(), machines.end(), is_switch));
  }
};

/// Errors: `not_found`; `corrupt`; `invalid_argument` (another version's).
result<cluster_plan> read_plan(const std::filesystem::path& directory);

/// Error: `io`.
status write_plan(const std::filesystem::path& directory,
                  const cluster_plan& x);

} // namespace muster::launch
