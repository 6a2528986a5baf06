// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/machine.hpp"

#include <memory>
#include <string>
#include <sys/types.h>
#include <vector>

namespace muster::bench {

/// Three machines on this host as in production: mutual TLS, a store each,
/// etcd as coordinator. m1 runs in this process, the others in children of
/// this program (`muster-bench serve`). Stops and deletes everything at its
/// end.
class muster_cluster {
public:
  /// @param directory  for all data
  /// @param etcd  the coordinator, such as `127.0.0.1:40001`
  /// Blocks until every shard is served, at most 60 s.
  static result<std::unique_ptr<muster_cluster>>
  start(const std::string& directory, const std::string& etcd);

  ~muster_cluster();

  machine& first() {
    return *first_;
  }

private:
  muster_cluster() = default;

  std::vector<pid_t> children_;
  std::unique_ptr<machine> first_;
};

/// The settings of one of so many machines.
settings cluster_settings(const std::string& directory, const std::string& id,
                          const std::string& etcd, uint32_t machines_count = 3);

/// Runs one machine until standard input ends. @returns an exit code
int serve(const std::string& directory, const std::string& id,
          const std::string& etcd);

} // namespace muster::bench
