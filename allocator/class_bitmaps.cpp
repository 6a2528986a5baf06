// SPDX-License-Identifier: Apache-2.0
#include "allocator/class_bitmaps.hpp"

namespace muster {

void class_bitmaps::resize(size_t words) {
  assert(words >= words_);
  words_ = words;
  for (auto& set : sets_)
    if (!set.empty())
      set.resize(words);
}

void class_bitmaps::move(size_t row, uint64_t from, uint64_t to) {
  auto before = class_of(from);
  auto after = class_of(to);
  assert(before < class_count && after < class_count);
  for (auto c = after + 1; c <= before; ++c)
    assign_bit(sets_[c], row, false);
  for (auto c = before + 1; c <= after; ++c) {
    if (sets_[c].empty())
      sets_[c].resize(words_);
    assign_bit(sets_[c], row, true);
  }
}

size_t class_bitmaps::memory_bytes() const {
  size_t out = 0;
  for (auto& set : sets_)
    out += set.capacity() * sizeof(uint64_t);
  return out;
}

} // namespace muster
