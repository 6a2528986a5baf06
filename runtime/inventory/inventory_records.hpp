// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/inventory.hpp"
#include "allocator/resources.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster {

// The text of the inventory's records (their keys:
// `allocator/record_keys.hpp`). Values are JSON objects; members that are not
// named here are ignored, those that are left out count as 0, none or unknown.
// Counters are decimal text, as `add` writes it. Links and `alive` count by
// being there.
//
//     machine  cores (also 2.5), memory_bytes, gpus, nic_bits_per_second, rack,
//              site (a label `site=...`), labels {"name": "value"}
//     device   kind, capacity_bytes, latency_ns, bandwidth_bits_per_second,
//              labels
//     load     load_permille

/// Errors of all three: `invalid_argument` with the member and what it must be.
result<machine_resources> parse_machine_record(std::string_view text);
result<device_resources> parse_device_record(std::string_view text);
result<std::optional<uint32_t>> parse_load_record(std::string_view text);

/// Tells an inventory that a record has been written, or is gone.
///
/// A record that cannot be used counts as gone, so that nothing is reserved by
/// what it said before.
/// @param value  nothing: there is no such record any more
/// Errors: `invalid_argument` with the key and what is wrong, to be logged.
/// Other keys are ignored.
status apply_record(inventory& to, std::string_view key,
                    std::optional<std::string_view> value);

} // namespace muster
