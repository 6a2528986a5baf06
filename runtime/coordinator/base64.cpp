// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/base64.hpp"

#include <array>
#include <cstdint>

namespace muster {

namespace {

constexpr std::string_view alphabet
  = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr uint8_t not_a_digit = 64;

constexpr std::array<uint8_t, 256> digits() {
  std::array<uint8_t, 256> table{};
  table.fill(not_a_digit);
  for (size_t i = 0; i < alphabet.size(); ++i)
    table[static_cast<uint8_t>(alphabet[i])] = static_cast<uint8_t>(i);
  return table;
}

uint32_t byte_at(std::string_view bytes, size_t i) {
  return i < bytes.size() ? static_cast<uint8_t>(bytes[i]) : 0;
}

} // namespace

std::string base64_encode(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() + 2) / 3 * 4);
  for (size_t i = 0; i < bytes.size(); i += 3) {
    auto group = byte_at(bytes, i) << 16 | byte_at(bytes, i + 1) << 8
                 | byte_at(bytes, i + 2);
    text += alphabet[group >> 18];
    text += alphabet[group >> 12 & 63];
    text += i + 1 < bytes.size() ? alphabet[group >> 6 & 63] : '=';
    text += i + 2 < bytes.size() ? alphabet[group & 63] : '=';
  }
  return text;
}

std::optional<std::string> base64_decode(std::string_view text) {
  static constexpr auto table = digits();
  if (text.size() % 4 != 0)
    return std::nullopt;
  size_t padding = 0;
  while (padding < 2 && text.ends_with('=')) {
    text.remove_suffix(1);
    ++padding;
  }
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  uint32_t bits = 0;
  uint32_t bit_count = 0;
  for (auto c : text) {
    auto digit = table[static_cast<uint8_t>(c)];
    if (digit == not_a_digit)
      return std::nullopt;
    bits = bits << 6 | digit;
    bit_count += 6;
    if (bit_count >= 8) {
      bit_count -= 8;
      bytes += static_cast<char>(bits >> bit_count & 0xff);
    }
  }
  // What the padding cut off must be zero, else two texts mean the same.
  if ((bits & ((1u << bit_count) - 1)) != 0)
    return std::nullopt;
  return bytes;
}

} // namespace muster
