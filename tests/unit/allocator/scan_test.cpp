// SPDX-License-Identifier: Apache-2.0
#include "allocator/scan.hpp"

#include <catch2/catch.hpp>

#include <random>

using namespace muster;

namespace {

/// The same call to both kernels, on random rows with few different codes.
struct pair {
  static constexpr size_t words = 5 * block_words;

  std::mt19937_64 random;
  std::vector<int32_t> codes = std::vector<int32_t>(words * word_rows);

  explicit pair(uint64_t seed) : random(seed) {
    constexpr int32_t extremes[]
      = {0, 1, -1, INT32_MAX - 1, INT32_MIN, INT32_MIN + 1};
    for (auto& x : codes)
      x = random() % 3 == 0 ? extremes[random() % 6]
                            : static_cast<int32_t>(random() % 50) - 25;
  }

  /// Words that are empty, full, or anything.
  bitmap rows() {
    bitmap out(words);
    for (auto& x : out)
      x = random() % 3 == 0 ? 0 : random() % 3 == 0 ? ~uint64_t{0} : random();
    return out;
  }

  int32_t any_code() {
    return codes[random() % codes.size()];
  }
};

const scan_kernels* avx2() {
  auto out = avx2_kernels();
  if (out == nullptr)
    WARN("skipped: this processor has no AVX2");
  return out;
}

} // namespace

TEST_CASE("scan: both kernels intersect the same rows") {
  auto fast = avx2();
  for (uint64_t seed = 1; fast && seed <= 100; ++seed) {
    pair x{seed};
    std::vector<bitmap> sets;
    for (int i = 0; i < 7; ++i)
      sets.push_back(x.rows());
    intersection both;
    for (size_t i = 0; i < sets.size(); ++i)
      if (i == 0 || x.random() % 2 == 0)
        both.require(sets[i].data());
      else
        both.forbid(sets[i].data());
    for (size_t w = 0; w < pair::words; w += block_words) {
      uint64_t a[block_words];
      uint64_t b[block_words];
      auto some = portable_kernels().intersect_block(both, w, a);
      REQUIRE(fast->intersect_block(both, w, b) == some);
      REQUIRE(std::equal(a, a + block_words, b));
      REQUIRE(
        some == std::any_of(a, a + block_words, [](auto y) { return y != 0; }));
    }
  }
}

TEST_CASE("scan: both kernels compare codes alike, and rightly") {
  auto fast = avx2();
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    pair x{seed};
    auto among = x.rows();
    auto bound = x.any_code();
    bitmap above(pair::words);
    bitmap equal(pair::words);
    portable_kernels().compare(x.codes.data(), bound, among.data(),
                               above.data(), equal.data(), pair::words);
    for (size_t row = 0; row < x.codes.size(); ++row) {
      auto in = test_bit(among, row);
      REQUIRE(test_bit(above, row) == (in && x.codes[row] > bound));
      REQUIRE(test_bit(equal, row) == (in && x.codes[row] == bound));
    }
    if (!fast)
      continue;
    bitmap above2(pair::words, 1);
    bitmap equal2(pair::words, 1);
    fast->compare(x.codes.data(), bound, among.data(), above2.data(),
                  equal2.data(), pair::words);
    REQUIRE(above2 == above);
    REQUIRE(equal2 == equal);
  }
}

TEST_CASE("scan: both kernels find the least and the greatest code") {
  auto fast = avx2();
  for (uint64_t seed = 1; seed <= 100; ++seed) {
    pair x{seed};
    auto among = x.rows();
    for (auto flip : {0, -1}) {
      auto least = no_code;
      for (size_t row = 0; row < x.codes.size(); ++row)
        if (test_bit(among, row))
          least = std::min(least, x.codes[row] ^ flip);
      std::vector<int32_t> a(pair::words);
      std::vector<int32_t> b(pair::words);
      REQUIRE(portable_kernels().least(x.codes.data(), flip, among.data(),
                                       a.data(), pair::words)
              == least);
      if (!fast)
        continue;
      REQUIRE(
        fast->least(x.codes.data(), flip, among.data(), b.data(), pair::words)
        == least);
      REQUIRE(a == b);
    }
  }
}

TEST_CASE("scan: both kernels count exclusions alike, and rightly") {
  auto fast = avx2();
  for (uint64_t seed = 1; seed <= 50; ++seed) {
    pair x{seed};
    auto valid = x.rows();
    std::vector<int> excluded(x.codes.size());
    bitmap sets[2][3];
    for (auto& own : sets) {
      own[0] = valid;
      own[1].resize(pair::words);
      own[2].resize(pair::words);
    }
    for (int criterion = 0; criterion < 4; ++criterion) {
      auto passing = x.rows();
      exclusion_count right;
      for (size_t row = 0; row < excluded.size(); ++row)
        if (test_bit(valid, row) && !test_bit(passing, row)) {
          ++right.alone;
          right.in_order += excluded[row] == 0;
          ++excluded[row];
        }
      auto count = [&](const scan_kernels& use, bitmap* own) {
        return use.exclude(valid.data(), passing.data(),
                           {own[0].data(), own[1].data(), own[2].data()},
                           pair::words);
      };
      REQUIRE(count(portable_kernels(), sets[0]) == right);
      if (fast)
        REQUIRE(count(*fast, sets[1]) == right);
    }
    for (size_t row = 0; row < excluded.size(); ++row)
      for (int n = 0; n < 3; ++n)
        for (size_t i = 0; i < (fast ? 2 : 1); ++i)
          REQUIRE(test_bit(sets[i][n], row)
                  == (test_bit(valid, row) && excluded[row] == n));
  }
}
