// SPDX-License-Identifier: Apache-2.0
#include "registry/utf8.hpp"

#include <algorithm>

namespace muster {

size_t utf8_length(std::string_view s, size_t i) {
  auto at = [&](size_t k) { return static_cast<unsigned char>(s[k]); };
  auto tail = [&](size_t k) { return k < s.size() && (at(k) & 0xC0) == 0x80; };
  auto c = at(i);
  if (c < 0x80)
    return 1;
  if (c >= 0xC2 && c <= 0xDF)
    return tail(i + 1) ? 2 : 0;
  if (c >= 0xE0 && c <= 0xEF) {
    if (!tail(i + 1) || !tail(i + 2))
      return 0;
    if ((c == 0xE0 && at(i + 1) < 0xA0) || (c == 0xED && at(i + 1) > 0x9F))
      return 0;
    return 3;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3))
      return 0;
    if ((c == 0xF0 && at(i + 1) < 0x90) || (c == 0xF4 && at(i + 1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

bool is_utf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    auto length = utf8_length(text, at);
    if (length == 0)
      return false;
    at += length;
  }
  return true;
}

std::string printable(std::string_view text, size_t width) {
  std::string out;
  size_t shown = 0;
  for (size_t i = 0; i < text.size();) {
    auto length = utf8_length(text, i);
    auto c = static_cast<unsigned char>(text[i]);
    // C1 control characters are two bytes long in UTF-8.
    bool c1 = length == 2 && c == 0xC2
              && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (++shown == width && i + std::max<size_t>(length, 1) < text.size())
      return out + "\u2026";
    if (length == 0 || c < 0x20 || c == 0x7F || c1)
      out += '?';
    else
      out += text.substr(i, length);
    i += std::max<size_t>(length, 1);
  }
  return out;
}

} // namespace muster
