// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

namespace muster::cli {

/// What `muster` exits with; documented in docs/operations.
enum class exit_code : int {
  ok = 0,
  failed = 1,
  usage = 2,
  not_found = 3,
  refused = 4,
  unavailable = 5,
  unknown = 6,
  denied = 7,
};

exit_code exit_code_of(errc x);

} // namespace muster::cli
