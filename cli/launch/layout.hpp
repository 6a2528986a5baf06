// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/launch/cluster_file.hpp"
#include "cli/launch/process.hpp"

namespace muster::launch {

/// The programs of a cluster, absolute.
struct programs {
  std::string musterd;
  std::string etcd;
};

/// musterd beside this program, etcd in PATH (or `MUSTER_ETCD`).
/// Error: `not_found` says which, and the package.
result<programs> find_programs(const cluster_plan& x);

/// Makes what is missing of the directory: CA, certificates, the password of
/// etcd, folders; writes the machines' configuration files anew. Does not touch
/// data.
/// Errors: `io`, and those of the CA.
status write_layout(const std::filesystem::path& directory,
                    const cluster_plan& x);

/// Renames what machines and coordinator have stored, so that the cluster
/// starts empty; nothing is deleted. @pre nothing of the cluster runs
/// Errors: `io`; `invalid_argument` where the new name is taken.
status set_data_aside(const std::filesystem::path& directory,
                      const cluster_plan& x);

/// Error: `not_found`, `io`.
result<std::string> read_password(const std::filesystem::path& directory);

/// How to start a machine or a member of etcd.
spawn_options machine_start(const std::filesystem::path& directory,
                            const programs& found, const planned_machine& x);
spawn_options etcd_start(const std::filesystem::path& directory,
                         const programs& found, const cluster_plan& plan,
                         const planned_etcd& x);

/// The folder of a machine or member.
std::filesystem::path folder_of(const std::filesystem::path& directory,
                                const std::string& name);

/// The last lines of a log, for an error; empty if there is none.
std::string last_lines(const std::filesystem::path& log, size_t count);

} // namespace muster::launch
