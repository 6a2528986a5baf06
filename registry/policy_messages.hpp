// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/fields.hpp"
#include "registry/flow.hpp"
#include "registry/ids.hpp"

#include <string>
#include <vector>

namespace muster {

// A machine that a policy names takes part in commands without holding
// anything: what it is told it need not forget when a lease ends, so there is
// no session (`link.in` is 0). An entry has one (term, sequence) for ever.

/// Home agent -> named machine: entry `at` changes these keys.
struct observe {
  flow link;
  sequence at;
  command_id id;
  std::vector<std::string> keys;
  /// The titles of the policies that name it.
  std::vector<std::string> policies;

  MUSTER_FIELDS(observe, link, at, id, keys, policies)
};

/// Named machine -> home agent: it has taken note.
struct observed {
  flow link;
  sequence at;

  MUSTER_FIELDS(observed, link, at)
};

/// Home agent -> named machine: every entry up to `upto` is committed.
struct observe_done {
  flow link;
  sequence upto;

  MUSTER_FIELDS(observe_done, link, upto)
};

} // namespace muster
