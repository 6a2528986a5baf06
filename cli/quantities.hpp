// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <string_view>

namespace muster::cli {

// Quantities as people write them, in base units. A number has digits and
// perhaps a fraction; its unit follows, perhaps after a space. What is no whole
// number of the base unit is refused, never rounded.
// Errors: `invalid_argument`; the message begins with the field's name.

/// `64MiB`, `1.5GiB`, `2TB`, `4096`: bytes; KiB, MiB, GiB, TiB, PiB are powers
/// of 1024, kB, MB, GB, TB, PB powers of 1000.
result<uint64_t> parse_bytes(std::string_view field, std::string_view text);

/// `100us`, `5ms`, `1.5s`, `30m`, `1h`, `7d`; the unit is needed.
result<nanoseconds> parse_duration(std::string_view field,
                                   std::string_view text);

/// `1Gbit`, `100Mbit/s`, `2500`: bits a second; kbit, Mbit, Gbit, Tbit are
/// powers of 1000.
result<uint64_t> parse_bandwidth(std::string_view field, std::string_view text);

/// `2`, `2.5`: thousandths.
result<uint64_t> parse_thousandths(std::string_view field,
                                   std::string_view text);

/// `50%`, `0.5`: thousandths.
result<uint64_t> parse_share(std::string_view field, std::string_view text);

} // namespace muster::cli
