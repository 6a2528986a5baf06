// SPDX-License-Identifier: Apache-2.0
#include "allocator/scan.hpp"

#include <algorithm>
#include <bit>

#if defined(__x86_64__) && defined(__GNUC__)

#  include <immintrin.h>

// Compiled for AVX2 function by function, so that the rest of the program runs
// on processors without it.
#  define MUSTER_AVX2 __attribute__((target("avx2,popcnt,bmi")))

namespace muster {

namespace {

constexpr size_t lanes = 8; // codes in a vector

MUSTER_AVX2 __m256i load(const void* x) {
  return _mm256_loadu_si256(static_cast<const __m256i*>(x));
}

MUSTER_AVX2 bool intersect_block(const intersection& x, size_t first,
                                 uint64_t* to) {
  auto low = load(x.in[0] + first);
  auto high = load(x.in[0] + first + 4);
  for (size_t j = 1; j < x.in_count; ++j) {
    low = _mm256_and_si256(low, load(x.in[j] + first));
    high = _mm256_and_si256(high, load(x.in[j] + first + 4));
  }
  for (size_t j = 0; j < x.out_count; ++j) {
    low = _mm256_andnot_si256(load(x.out[j] + first), low);
    high = _mm256_andnot_si256(load(x.out[j] + first + 4), high);
  }
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to), low);
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(to + 4), high);
  auto any = _mm256_or_si256(low, high);
  return _mm256_testz_si256(any, any) == 0;
}

/// One bit a lane.
MUSTER_AVX2 uint64_t bits_of(__m256i x) {
  auto bits = _mm256_movemask_ps(_mm256_castsi256_ps(x));
  return static_cast<uint64_t>(static_cast<uint32_t>(bits));
}

MUSTER_AVX2 void compare(const int32_t* codes, int32_t bound,
                         const uint64_t* among, uint64_t* above,
                         uint64_t* equal, size_t words) {
  auto limit = _mm256_set1_epi32(bound);
  for (size_t w = 0; w < words; ++w) {
    uint64_t more = 0;
    uint64_t same = 0;
    if (among[w] != 0)
      for (size_t i = 0; i < word_rows; i += lanes) {
        auto code = load(codes + w * word_rows + i);
        more |= bits_of(_mm256_cmpgt_epi32(code, limit)) << i;
        same |= bits_of(_mm256_cmpeq_epi32(code, limit)) << i;
      }
    above[w] = more & among[w];
    equal[w] = same & among[w];
  }
}

/// All bits of a lane where the lane's bit of `rows` is set.
MUSTER_AVX2 __m256i lanes_of(uint64_t rows) {
  auto bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  auto all = _mm256_set1_epi32(static_cast<int32_t>(rows & 0xFF));
  return _mm256_cmpeq_epi32(_mm256_and_si256(all, bits), bits);
}

MUSTER_AVX2 int32_t least_lane(__m256i x) {
  auto four = _mm_min_epi32(_mm256_castsi256_si128(x),
                            _mm256_extracti128_si256(x, 1));
  auto two = _mm_min_epi32(four, _mm_shuffle_epi32(four, 0b01'00'11'10));
  auto one = _mm_min_epi32(two, _mm_shuffle_epi32(two, 0b10'11'00'01));
  return _mm_cvtsi128_si32(one);
}

MUSTER_AVX2 int32_t least(const int32_t* codes, int32_t flip,
                          const uint64_t* among, int32_t* of_word,
                          size_t words) {
  auto flips = _mm256_set1_epi32(flip);
  auto nothing = _mm256_set1_epi32(no_code);
  auto out = no_code;
  for (size_t w = 0; w < words; ++w) {
    auto rows = among[w];
    auto best = nothing;
    for (size_t i = 0; rows != 0; i += lanes, rows >>= lanes) {
      if ((rows & 0xFF) == 0)
        continue;
      auto code = _mm256_xor_si256(load(codes + w * word_rows + i), flips);
      best = _mm256_min_epi32(best, _mm256_blendv_epi8(nothing, code,
                                                       lanes_of(rows)));
    }
    of_word[w] = least_lane(best);
    out = std::min(out, of_word[w]);
  }
  return out;
}

MUSTER_AVX2 size_t bit_count(uint64_t x) {
  return static_cast<size_t>(_mm_popcnt_u64(x));
}

MUSTER_AVX2 exclusion_count exclude(const uint64_t* valid,
                                    const uint64_t* passing,
                                    const exclusion_sets& rows, size_t words) {
  exclusion_count out;
  for (size_t w = 0; w < words; ++w) {
    auto pass = passing[w];
    auto none = rows.by_none[w];
    auto one = rows.by_one[w];
    out.alone += bit_count(valid[w] & ~pass);
    out.in_order += bit_count(none & ~pass);
    rows.by_two[w] = (rows.by_two[w] & pass) | (one & ~pass);
    rows.by_one[w] = (one & pass) | (none & ~pass);
    rows.by_none[w] = none & pass;
  }
  return out;
}

} // namespace

const scan_kernels* avx2_kernels() {
  static constexpr scan_kernels all{"avx2", intersect_block, compare, least,
                                    exclude};
  static const bool can = __builtin_cpu_supports("avx2")
                          && __builtin_cpu_supports("popcnt")
                          && __builtin_cpu_supports("bmi");
  return can ? &all : nullptr;
}

} // namespace muster

#else

namespace muster {

const scan_kernels* avx2_kernels() {
  return nullptr;
}

} // namespace muster

#endif
