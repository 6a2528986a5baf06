// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace muster {

// What a running musterd leaves in its data directory for those who look for
// it there:
//
//   endpoint.json  {"id","pid","http","peer"}; there while it serves
//   pid            its process number, and a newline; there while it runs
//   token          the secret that HTTP writes need, mode 0600; stays
//
// Each is written beside its place and renamed: a reader sees all or nothing.
// A process that was killed leaves the first two behind: check the pid.

struct endpoint {
  machine_id id;
  int64_t pid = 0;
  /// host:port of the HTTP interface and of the peer listener.
  std::string http;
  std::string peer;
};

/// Error: `io`.
status write_endpoint(const std::filesystem::path& data_dir, const endpoint& x);

/// Errors: `not_found`, `corrupt`.
result<endpoint> read_endpoint(const std::filesystem::path& data_dir);

status write_pid(const std::filesystem::path& data_dir, int64_t pid);

void remove_endpoint(const std::filesystem::path& data_dir);
void remove_pid(const std::filesystem::path& data_dir);

/// The token; made, 32 random bytes in hexadecimal, if there is none yet.
/// Errors: `io`, `corrupt` (the file is empty or not one word), `denied`
/// (others may read it).
result<std::string> make_token(const std::filesystem::path& data_dir);

/// Errors: as `make_token`, and `not_found`.
result<std::string> read_token(const std::filesystem::path& file);

} // namespace muster
