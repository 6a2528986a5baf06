// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/bitmap.hpp"

#include <cstdint>
#include <memory>
#include <vector>

namespace muster {

/// Sets of rows that are kept. One request uses at most 20.
constexpr size_t row_sets_max = 128;

/// What the rows of a set have in common.
struct row_set_key {
  bool of_devices = false;
  bool by_hops = false;
  uint32_t id = 0; // an attribute, or the vertex that hops count from
  uint16_t hops = 0; // by_hops: at most so many
  uint64_t generation = 0; // by_hops: of the place's hop counts

  bool operator==(const row_set_key&) const = default;
};

/// One kept set.
struct row_set {
  row_set_key key;
  bitmap rows;
  uint64_t used = 0;
};

/// The sets of rows that were asked for last. Their owner keeps them up to date
/// (`each`) and fills those that are new.
///
/// Not thread-safe; owned by the inventory.
class row_sets {
public:
  /// @returns null if it is not kept; `rows` does not move while it is
  row_set* find(const row_set_key& key);

  /// An empty set, in place of another generation of the same, or of the one
  /// that was used least recently.
  row_set& make(const row_set_key& key);

  template <class F>
  void each(F f) {
    for (auto& x : all_)
      f(*x);
  }

  size_t memory_bytes() const;

private:
  std::vector<std::unique_ptr<row_set>> all_;
  uint64_t clock_ = 0;
};

} // namespace muster
