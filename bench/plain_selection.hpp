// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/qos.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace muster::bench {

// The naive twin of the allocator's search: one loop over structs, one `if` a
// criterion, nothing prepared. Tests compare answers with it, benchmarks time.

/// A device with its machine, or a machine alone.
struct plain_candidate {
  uint64_t capacity_bytes = 0;
  uint64_t latency_ns = UINT64_MAX; // not measured
  uint64_t bandwidth_bits_per_second = 0;
  uint64_t cores_permille = 0;
  uint64_t memory_bytes = 0;
  uint32_t load_permille = UINT32_MAX; // unknown
  uint32_t hops = UINT32_MAX; // no path
  uint32_t kind = 0; // 0: any, in a request
  uint32_t rack = 0;
  uint32_t machine = 0;
  bool started = true;
  std::array<uint16_t, gpus_max> gpus_permille{};
  std::vector<std::string> labels;
};

/// A request, with its kind as a number and the place left out: `hops` of the
/// candidates count from there.
struct plain_request {
  qos wanted;
  uint32_t kind = 0;
  bool dry_run = false;
};

inline uint32_t whole_gpus(const plain_candidate& x) {
  return static_cast<uint32_t>(std::ranges::count(x.gpus_permille, 1000));
}

inline uint32_t gpus_sum(const plain_candidate& x) {
  uint32_t out = 0;
  for (auto y : x.gpus_permille)
    out += y;
  return out;
}

inline bool gpus_suffice(const plain_candidate& x, const qos& w) {
  if (!w.gpus)
    return true;
  if (*w.gpus > 1)
    return whole_gpus(x) >= *w.gpus;
  return std::ranges::any_of(x.gpus_permille, [&](auto left) {
    return left >= w.gpu_share_permille.value_or(1000);
  });
}

inline bool labels_match(const plain_candidate& x, const qos& w) {
  return std::ranges::all_of(w.labels, [&](auto& label) {
    return std::ranges::find(x.labels, label) != x.labels.end();
  });
}

inline bool satisfies(const plain_candidate& x, const plain_request& r) {
  auto& w = r.wanted;
  if (!x.started && !r.dry_run)
    return false;
  if (w.capacity_bytes && x.capacity_bytes < *w.capacity_bytes)
    return false;
  if (w.latency && x.latency_ns > static_cast<uint64_t>(w.latency->count()))
    return false;
  if (w.bandwidth_bits_per_second
      && x.bandwidth_bits_per_second < *w.bandwidth_bits_per_second)
    return false;
  if (w.hops && x.hops > *w.hops)
    return false;
  if (w.load_permille && x.load_permille > *w.load_permille)
    return false;
  if (w.cores_permille && x.cores_permille < *w.cores_permille)
    return false;
  if (w.memory_bytes && x.memory_bytes < *w.memory_bytes)
    return false;
  if (r.kind != 0 && x.kind != r.kind)
    return false;
  return gpus_suffice(x, w) && (w.labels.empty() || labels_match(x, w));
}

/// Of fit and spread: what the request is about.
inline uint64_t main_quantity(const plain_candidate& x, const qos& w) {
  if (w.capacity_bytes)
    return x.capacity_bytes;
  return w.cores_permille ? x.cores_permille : x.memory_bytes;
}

/// The least is the best. Not for fit and spread of GPUs.
inline uint64_t plain_score(const plain_candidate& x, const qos& w) {
  switch (objective_of(w)) {
    case objective::fit:
      return main_quantity(x, w);
    case objective::spread:
      return UINT64_MAX - main_quantity(x, w);
    case objective::latency:
      return x.latency_ns;
    case objective::hops:
      return x.hops;
    case objective::load:
      return x.load_permille;
  }
  return 0;
}

/// The number of the best candidate, the first of equals.
inline std::optional<size_t>
naive_choice(const std::vector<plain_candidate>& from,
             const plain_request& wanted) {
  std::optional<size_t> best;
  uint64_t best_score = 0;
  for (size_t i = 0; i < from.size(); ++i) {
    if (!satisfies(from[i], wanted))
      continue;
    auto score = plain_score(from[i], wanted.wanted);
    if (!best || score < best_score) {
      best = i;
      best_score = score;
    }
  }
  return best;
}

} // namespace muster::bench
