// SPDX-License-Identifier: Apache-2.0
#include "allocator/criterion.hpp"

namespace muster {

const char* to_string(criterion x) {
  switch (x) {
    case criterion::started:
      return "started";
    case criterion::taken:
      return "taken";
    case criterion::kind:
      return "kind";
    case criterion::labels:
      return "labels";
    case criterion::reachable:
      return "reachable";
    case criterion::hops:
      return "hops";
    case criterion::capacity:
      return "capacity";
    case criterion::latency:
      return "latency";
    case criterion::bandwidth:
      return "bandwidth";
    case criterion::cores:
      return "cores";
    case criterion::memory:
      return "memory";
    case criterion::gpus:
      return "gpus";
    case criterion::gpu_share:
      return "gpu_share";
    case criterion::load:
      return "load";
  }
  return "unknown";
}

} // namespace muster
