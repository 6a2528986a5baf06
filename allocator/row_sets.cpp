// SPDX-License-Identifier: Apache-2.0
#include "allocator/row_sets.hpp"

#include <algorithm>

namespace muster {

namespace {

bool same_but_generation(const row_set_key& a, row_set_key b) {
  b.generation = a.generation;
  return a == b;
}

} // namespace

row_set* row_sets::find(const row_set_key& key) {
  for (auto& x : all_)
    if (x->key == key) {
      x->used = ++clock_;
      return x.get();
    }
  return nullptr;
}

row_set& row_sets::make(const row_set_key& key) {
  auto i = std::ranges::find_if(all_, [&](auto& x) {
    return same_but_generation(x->key, key);
  });
  if (i == all_.end() && all_.size() < row_sets_max) {
    all_.push_back(std::make_unique<row_set>());
    i = all_.end() - 1;
  } else if (i == all_.end()) {
    i = std::ranges::min_element(all_, {}, [](auto& x) { return x->used; });
  }
  auto& out = **i;
  out.key = key;
  out.rows.clear();
  out.used = ++clock_;
  return out;
}

size_t row_sets::memory_bytes() const {
  size_t out = 0;
  for (auto& x : all_)
    out += x->rows.capacity() * sizeof(uint64_t);
  return out;
}

} // namespace muster
