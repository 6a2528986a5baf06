// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::bench {

struct allocator_options {
  std::vector<size_t> devices{10'000, 100'000, 1'000'000};

  /// Decisions of each kind that are timed by themselves; of those that take
  /// long, such as the naive ones, as many as fit into about a second.
  size_t decisions_count = 20'000;

  uint64_t seed = 1;
};

/// One kind of request on one inventory.
struct allocator_case {
  size_t devices_count = 0;
  std::string request; // loose, tight, impossible
  /// sample, exact: the selector; exact_portable: without AVX2; explain: a
  /// sample with the explanation of its refusal; naive: a loop over structs.
  std::string search;
  size_t decisions_count = 0;
  /// Of all devices, those that satisfy such a request, in permille.
  double satisfying_permille = 0;
  double median_ns = 0;
  double p99_ns = 0;
  /// The naive median of the same run divided by this one.
  double naive_ratio = 0;
};

struct allocator_report {
  std::vector<allocator_case> cases;
  /// Of the change of one counter, by inventory.
  struct update {
    size_t devices_count = 0;
    double median_ns = 0;
    double p99_ns = 0;
    double memory_bytes_per_device = 0;
  };
  std::vector<update> updates;
};

/// Times decisions alone, without the reservation, on made-up inventories: four
/// devices a machine, 32 machines a rack, racks behind spines, all quantities
/// random.
allocator_report run_allocator(const allocator_options& options);

} // namespace muster::bench
