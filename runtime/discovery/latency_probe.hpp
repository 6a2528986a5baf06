// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/discovery/host.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace muster {

struct probe_options {
  size_t file_bytes = 8 * 1024 * 1024;
  size_t writes_max = 100;
  size_t reads_max = 1000;
  /// For all; each of the three parts takes at most a third.
  std::chrono::milliseconds budget{600};
};

/// Times direct access to a file that it makes in a directory, and deletes: its
/// name vanishes at once, so nothing is left after a crash.
/// Errors: `io` with the system's word.
result<device_timing> probe_latency(const std::string& directory,
                                    const probe_options& how = {});

/// Of what took so long: the value below which so many permille lie.
/// @pre `times` is not empty
nanoseconds quantile(std::vector<nanoseconds> times, uint32_t permille);

} // namespace muster
