// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster {

/// RFC 4648 with padding, as JSON carries bytes of protocol buffers.
std::string base64_encode(std::string_view bytes);

/// @returns nothing if `text` is not exactly what `base64_encode` writes
std::optional<std::string> base64_decode(std::string_view text);

} // namespace muster
