// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster {

/// What is measured or counted of a candidate: a column of a
/// `candidate_table`. Of what can be reserved it is what is left.
enum class quantity : uint8_t {
  capacity, // bytes left on the device
  latency, // nanoseconds of a small access to the device
  bandwidth, // bits per second: the device's, or the machine's network card's
  cores, // permille of one core left on the machine
  memory, // bytes left on the machine
  gpus, // of the machine, of which nothing is taken
  gpu_share, // permille left of that GPU of the machine that has most
  load, // permille, of the machine
};

constexpr size_t quantity_count = 8;

/// Whether little is good: a request names the most that it bears.
constexpr bool is_ceiling(quantity x) {
  return x == quantity::latency || x == quantity::load;
}

/// Largest quantity that an inventory has or a request names.
constexpr uint64_t quantity_max = (uint64_t{1} << 59) - 1;

/// Stands for a latency or load that nobody measured: above every request. A
/// bandwidth that nobody measured is 0.
constexpr uint64_t unmeasured = quantity_max + 1;

/// Why a candidate is not taken, in the order in which an explanation counts.
enum class criterion : uint8_t {
  started, // its machine was only loaded into the registry
  taken, // left out: by the caller, or for the replicas' spread
  kind, // another kind of device
  labels, // at least one label is missing
  reachable, // no path leads from the place to its machine
  hops, // there is a path, a longer one
  capacity,
  latency,
  bandwidth,
  cores,
  memory,
  gpus,
  gpu_share,
  load,
};

constexpr size_t criterion_count = 14;

/// The criterion of a quantity.
constexpr criterion criterion_of(quantity x) {
  return static_cast<criterion>(static_cast<uint8_t>(criterion::capacity)
                                + static_cast<uint8_t>(x));
}

/// Whether `x` is about a quantity, and which one it is then.
constexpr bool is_quantity(criterion x) {
  return x >= criterion::capacity;
}

constexpr quantity quantity_of(criterion x) {
  return static_cast<quantity>(static_cast<uint8_t>(x)
                               - static_cast<uint8_t>(criterion::capacity));
}

/// The name in messages, JSON and labels of metrics, such as `gpu_share`.
const char* to_string(criterion x);

} // namespace muster
