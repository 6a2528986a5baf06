// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/fields.hpp"
#include "registry/ids.hpp"

#include <string>

namespace muster {

/// A record in listings, copies and news.
struct listed_record {
  std::string key;
  std::string value;
  sequence version;

  MUSTER_FIELDS(listed_record, key, value, version)
};

} // namespace muster
