// SPDX-License-Identifier: Apache-2.0
#include "allocator/score.hpp"

#include <algorithm>

namespace muster {

namespace {

// Fields of a composite score: first what is lost of GPUs, biased because a
// request may also make stranded ones useful; then cores.
constexpr unsigned cores_bits = 44;
constexpr uint64_t cores_top = (uint64_t{1} << cores_bits) - 1;
constexpr int64_t lost_bias = 1000 * int64_t{gpus_max} * 2;

/// The quantity of which a request is about most, for fit and spread.
quantity main_quantity(const qos& x) {
  if (x.capacity_bytes)
    return quantity::capacity;
  return x.cores_permille ? quantity::cores : quantity::memory;
}

} // namespace

score_rule::score_rule(const inventory& in, const qos& x)
  : best_(objective_of(x)), cores_per_gpu_(in.cores_per_gpu()),
    cores_(x.cores_permille.value_or(0)) {
  auto gpus = x.gpus.value_or(0);
  share_ = gpus == 1 ? gpu_share_of(x) : 0;
  gpus_ = gpus == 1 ? int64_t{share_} : int64_t{gpus} * 1000;
  switch (best_) {
    case objective::fit:
      if (x.capacity_bytes || cores_per_gpu_ == 0)
        column_ = main_quantity(x);
      break;
    case objective::spread:
      if (x.capacity_bytes || gpus == 0)
        column_ = main_quantity(x);
      most_ = true;
      break;
    case objective::latency:
      column_ = quantity::latency;
      break;
    case objective::load:
      column_ = quantity::load;
      break;
    case objective::hops:
      break;
  }
}

int64_t score_rule::stranded(uint64_t cores, int64_t gpus) const {
  auto usable = std::min(cores, cores_top) * 1000 / cores_per_gpu_;
  return std::max<int64_t>(0, gpus - static_cast<int64_t>(usable));
}

uint64_t score_rule::fit(const machine_entry& x) const {
  auto gpus = int64_t{x.gpus_sum};
  auto cores = x.cores_left();
  auto after = cores - std::min(cores, cores_);
  auto lost = stranded(after, gpus - gpus_) - stranded(cores, gpus);
  if (share_ != 0)
    if (auto i = tightest_gpu(x.gpus, share_); i < gpus_max)
      lost += x.gpus[i] - share_;
  cores = std::min(cores, cores_top);
  return (static_cast<uint64_t>(lost + lost_bias) << cores_bits)
         | (gpus_ != 0 ? cores_top - cores : cores);
}

uint64_t score_rule::score(const resolved_request& x, uint32_t row) const {
  if (column_) {
    auto value = x.table().exact(row)[*column_];
    return most_ ? unmeasured - value : value;
  }
  auto& machine = *x.of->machines[row];
  switch (best_) {
    case objective::hops:
      return x.hops_to(row);
    case objective::spread:
      return (static_cast<uint64_t>(lost_bias - machine.gpus_sum) << cores_bits)
             | (cores_top - std::min(machine.cores_left(), cores_top));
    default:
      return fit(machine);
  }
}

} // namespace muster
