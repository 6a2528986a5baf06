// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/inventory.hpp"
#include "allocator/qos.hpp"
#include "allocator/scan.hpp"

#include <array>
#include <cstdint>

namespace muster {

/// "At least `bound`" of one quantity; a ceiling c is "not at least c + 1".
struct quantity_test {
  quantity what = quantity::capacity;
  uint64_t bound = 1;
  bool negated = false;
  const uint64_t* low = nullptr; // has all rows of at least `bound`
  const uint64_t* high = nullptr; // has only such rows

  bool holds(const exact_row& x) const {
    return (x[what] >= bound) != negated;
  }
};

/// Candidates must be in `rows`.
struct set_test {
  criterion which = criterion::started;
  const uint64_t* rows = nullptr;
};

/// A request with everything looked up: the table that has its candidates and
/// one test for each criterion that it names. Valid until the inventory
/// changes.
struct resolved_request {
  const candidate_rows* of = nullptr;
  bool of_devices = false;
  /// Rows that are left out.
  const uint64_t* taken = nullptr;
  std::array<set_test, labels_max + 4> sets;
  size_t set_count = 0;
  std::array<quantity_test, quantity_count> quantities;
  size_t quantity_tests = 0;
  /// If the request names a place.
  const topology::view* hops = nullptr;

  const candidate_table& table() const {
    return of->table;
  }

  size_t words() const {
    return of->table.words();
  }

  /// Whether a row that is in all sets has the quantities, exactly.
  bool holds(uint32_t row) const {
    auto& exact = of->table.exact(row);
    for (size_t i = 0; i < quantity_tests; ++i)
      if (!quantities[i].holds(exact))
        return false;
    return true;
  }

  /// A superset of what satisfies the request, by bitmaps alone.
  intersection prefilter() const;

  /// @returns the row's hop count; `unreachable` also without a place
  uint16_t hops_to(uint32_t row) const {
    return hops == nullptr ? unreachable : hops->hops[of->places[row]];
  }
};

/// Looks a request up.
/// @pre `check_qos(x)` passed
/// @param dry_run  machines that were only loaded take part
/// @param taken    a bit a row of the table that has the candidates
/// Errors: `not_found` if the inventory does not know the place `x.from`
result<resolved_request> resolve(inventory& in, const qos& x, bool dry_run,
                                 const bitmap& taken);

} // namespace muster
