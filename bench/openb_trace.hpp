// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster::bench {

struct openb_node {
  std::string name;
  int64_t cpu_milli = 0;
  int64_t memory_mib = 0;
  int64_t gpus = 0;
};

struct openb_pod {
  std::string name;
  int64_t cpu_milli = 0;
  int64_t memory_mib = 0;
  int64_t gpus = 0;
  int64_t gpu_milli = 0; // of one, if it asks for one
  int64_t created = 0; // seconds
  int64_t deleted = 0;
};

/// Errors: `io` if it cannot be read; `invalid_argument` with the line that is
/// wrong, or the column that is missing
result<std::vector<openb_node>> read_openb_nodes(const std::string& path);

/// In the order of their creation.
result<std::vector<openb_pod>> read_openb_pods(const std::string& path);

} // namespace muster::bench
