// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace muster::bench {

/// Members of one etcd cluster as child processes on free ports of 127.0.0.1,
/// as Debian's package runs them: default durability, default timeouts.
/// They end with this object, or with the process that made it, and their data
/// with them.
class etcd_cluster {
public:
  /// @param members_count  1 to 7
  /// @param directory      for the data of all; empty: a temporary one
  /// @returns `unavailable` if etcd is not installed or has no leader in time
  static result<std::unique_ptr<etcd_cluster>>
  start(size_t members_count, const std::string& directory = {});

  etcd_cluster(const etcd_cluster&) = delete;
  etcd_cluster& operator=(const etcd_cluster&) = delete;
  ~etcd_cluster();

  /// Such as `127.0.0.1:40001`, one a member.
  const std::vector<std::string>& endpoints() const {
    return endpoints_;
  }

private:
  etcd_cluster() = default;

  void launch(size_t member, const std::string& peers);

  std::string directory_;
  std::vector<std::string> endpoints_;
  std::vector<std::string> peers_;
  std::vector<pid_t> children_;
};

/// The endpoint of the leader, waited for up to `patience_seconds`.
/// @returns `unavailable` if there is none in time
result<std::string> find_leader(const std::vector<std::string>& endpoints,
                                int patience_seconds = 30);

} // namespace muster::bench
