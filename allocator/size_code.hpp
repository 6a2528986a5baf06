// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>

namespace muster {

// A quantity as two numbers of 32 bits, so that a scan compares eight rows at
// once and mostly reads half as much memory: a code, which keeps the order, and
// the rest, which decides among equal codes. A code has the 27 leading bits,
// like a floating-point number.
//
//     a >= b  exactly if  code(a) > code(b),
//                     or  code(a) = code(b) and rest(a) >= rest(b)
//
// Both are moved into the range of signed numbers, which is what the processor
// compares. True for quantities below 2^59, and for 2^59 itself.

constexpr unsigned code_bits = 27;

/// How many low bits the code of `x` leaves out.
constexpr unsigned code_shift(uint64_t x) {
  auto width = static_cast<unsigned>(std::bit_width(x));
  return width <= code_bits ? 0 : width - code_bits;
}

constexpr int32_t to_signed(uint64_t x) {
  return static_cast<int32_t>(static_cast<uint32_t>(x) ^ 0x8000'0000U);
}

constexpr uint64_t low_bits(uint64_t x) {
  return x & ((uint64_t{1} << code_shift(x)) - 1);
}

/// How many bits it leaves out, times 2^26, plus the leading 27 bits.
constexpr int32_t code_of(uint64_t x) {
  auto shift = code_shift(x);
  return to_signed((uint64_t{shift} << (code_bits - 1)) + (x >> shift));
}

constexpr int32_t rest_of(uint64_t x) {
  return to_signed(low_bits(x));
}

/// Whether `x` is the least quantity of its code: then `a >= x` exactly if
/// `code_of(a) >= code_of(x)`.
constexpr bool is_least_of_code(uint64_t x) {
  return low_bits(x) == 0;
}

/// Whether no other quantity has the code of `x`.
constexpr bool is_only_of_code(uint64_t x) {
  return code_shift(x) == 0;
}

} // namespace muster
