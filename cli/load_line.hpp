// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <string>
#include <string_view>

namespace muster::cli {

/// One record to be loaded.
struct loaded_record {
  std::string key;
  std::string value;
};

/// Reads `{"key": K, "value": V}`: a string is stored as its bytes, anything
/// else as compact JSON: the text of the line without white space, so that a
/// number keeps its digits; `value_base64` stands for any bytes.
/// Error: `invalid_argument` says what is wrong with the line (not UTF-8, not
/// JSON, a member twice), the key or the size of the value.
result<loaded_record> parse_line(std::string_view text);

} // namespace muster::cli
