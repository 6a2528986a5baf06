// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/transaction.hpp"

#include <string>
#include <string_view>

namespace muster {

// Rows of a shard's state for commands over several shards. Both begin with
// the attempt (shard 4 bytes, term 8, sequence 8) and the other shards (count
// 2, 4 each). An open decision goes on: 1 = the other operations (1). A
// prepared part goes on: its own sequence (8), keys (count 2, texts), 1 = its
// guards hold (1), and two plans: refusal (text), effects (count 2; key, value,
// bits 1 = erased), counters (count 2, 8 each).

std::string row_of(const prepared_part& x);
std::string row_of(const open_decision& x);

/// @returns false if `in` is not one, as a whole
bool parse_row(std::string_view in, prepared_part& out);
bool parse_row(std::string_view in, open_decision& out);

} // namespace muster
