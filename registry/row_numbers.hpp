// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

// Numbers and texts in the rows of a shard's state, big-endian.

inline void put_number(std::string& out, uint64_t x, int bytes = 8) {
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((x >> shift) & 0xFF));
}

/// @returns false if there are fewer than `bytes` left
inline bool get_number(std::string_view& in, uint64_t& out, size_t bytes = 8) {
  if (in.size() < bytes)
    return false;
  out = 0;
  for (size_t i = 0; i < bytes; ++i)
    out = (out << 8) | static_cast<unsigned char>(in[i]);
  in.remove_prefix(bytes);
  return true;
}

/// Its length in 4 bytes, then the text.
inline void put_text(std::string& out, std::string_view x) {
  put_number(out, x.size(), 4);
  out += x;
}

/// @returns false if `in` is shorter than it says
inline bool get_text(std::string_view& in, std::string& out) {
  uint64_t size = 0;
  if (!get_number(in, size, 4) || in.size() < size)
    return false;
  out = in.substr(0, size);
  in.remove_prefix(size);
  return true;
}

} // namespace muster
