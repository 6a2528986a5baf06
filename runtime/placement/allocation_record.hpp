// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/qos.hpp"
#include "allocator/reservation.hpp"

#include <nlohmann/json_fwd.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace muster {

// The text of an allocation's records, `/machines/<id>/allocations/<a>` on each
// machine and perhaps `/allocations/<a>`, the claim:
//
//     {"by": "m3", "claimed": true, "machines": ["m1"],
//      "parts": [{"machine": "m1", "device": "d0", "gpus": [0],
//                 "capacity_bytes": 1, "cores_permille": 1, "memory_bytes": 1,
//                 "gpu_share_permille": 1}],
//      "request": {... as `parse_qos` reads it ...}}
//
// `parts` are those on the record's machine, or all in the claim; what is 0 or
// empty is left out. `machines` are all that have parts.

/// Something that is reserved, or what one record says of it.
struct allocation {
  std::string id;
  /// Whether there is a claim.
  bool claimed = false;
  /// Where it was made.
  machine_id by;
  std::vector<machine_id> machines; // sorted
  std::vector<reserved_part> parts;
  qos wanted;
};

std::string text_of(const allocation& x);

/// Errors: `corrupt`.
result<allocation> parse_allocation(std::string_view id, std::string_view text);

/// Those of `parts`, sorted, each once.
std::vector<machine_id> machines_of(const std::vector<reserved_part>& parts);

/// One part as in the records.
nlohmann::ordered_json json_of(const reserved_part& x);

} // namespace muster
