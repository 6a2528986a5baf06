// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

/// Length in bytes of the UTF-8 sequence at `text[at]`, or 0 if it is not
/// valid (overlong forms, surrogates and code points above U+10FFFF are not).
/// @pre `at < text.size()`
size_t utf8_length(std::string_view text, size_t at);

/// Whether all of `text` is valid UTF-8; the empty text is.
bool is_utf8(std::string_view text);

/// At most `width` characters, the last one `…` if something was cut;
/// control characters and bytes that are not UTF-8 as `?`.
std::string printable(std::string_view text, size_t width = SIZE_MAX);

} // namespace muster
