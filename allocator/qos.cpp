// SPDX-License-Identifier: Apache-2.0
#include "allocator/qos.hpp"

#include <algorithm>
#include <array>

namespace muster {

namespace {

constexpr std::array objective_names{"fit", "spread", "latency", "hops",
                                     "load"};
constexpr std::array spread_names{"device", "machine", "rack"};

template <class T, class Names>
std::optional<T> find_name(const Names& names, std::string_view x) {
  for (size_t i = 0; i < names.size(); ++i)
    if (x == names[i])
      return static_cast<T>(i);
  return std::nullopt;
}

error bad(const char* field, const std::string& text) {
  return error{errc::invalid_argument, std::string{field} + ": " + text};
}

template <class T>
status check_range(const char* field, const std::optional<T>& x, uint64_t max) {
  if (!x)
    return ok();
  if (*x == 0)
    return bad(field, "0 asks for nothing; leave it out");
  if (*x > max)
    return bad(field, "at most " + std::to_string(max) + ", not "
                        + std::to_string(*x));
  return ok();
}

status check_time(const char* field, const std::optional<nanoseconds>& x,
                  nanoseconds max) {
  if (!x || (*x > nanoseconds{0} && *x <= max))
    return ok();
  return bad(field, "from 1 to " + std::to_string(max.count())
                      + " nanoseconds, not " + std::to_string(x->count()));
}

status check_ranges(const qos& x) {
  for (auto& done :
       {check_range("capacity_bytes", x.capacity_bytes, quantity_max),
        check_range("bandwidth_bits_per_second", x.bandwidth_bits_per_second,
                    quantity_max),
        check_range("cores_permille", x.cores_permille, quantity_max),
        check_range("memory_bytes", x.memory_bytes, quantity_max),
        check_range("gpus", x.gpus, gpus_max),
        check_range("gpu_share_permille", x.gpu_share_permille, 1000),
        check_time("latency_ns", x.latency, std::chrono::hours{1}),
        check_time("duration", x.duration, duration_max)})
    if (!done)
      return done;
  if (x.hops && *x.hops > hops_max)
    return bad("hops", "at most " + std::to_string(hops_max));
  if (x.load_permille && *x.load_permille > 1000)
    return bad("load_permille", "from 0 to 1000");
  if (x.replicas == 0 || x.replicas > replicas_max)
    return bad("replicas", "from 1 to " + std::to_string(replicas_max));
  return ok();
}

status check_label(const std::string& x) {
  auto end = x.find('=');
  if (end == 0 || end == std::string::npos)
    return bad("labels", "write name=value, not '" + x + "'");
  if (x.size() > label_bytes_max)
    return bad("labels", "a label has at most "
                           + std::to_string(label_bytes_max) + " bytes");
  return ok();
}

std::string_view name_of(std::string_view label) {
  return label.substr(0, label.find('='));
}

status check_labels(const qos& x) {
  if (x.labels.size() > labels_max)
    return bad("labels", "at most " + std::to_string(labels_max));
  if (x.device_kind.size() > device_kind_bytes_max)
    return bad("device_kind",
               "at most " + std::to_string(device_kind_bytes_max) + " bytes");
  for (size_t i = 0; i < x.labels.size(); ++i) {
    auto& label = x.labels[i];
    if (auto done = check_label(label); !done)
      return done;
    for (size_t j = 0; j < i; ++j)
      if (name_of(x.labels[j]) == name_of(label) && x.labels[j] != label)
        return bad("labels", "'" + x.labels[j] + "' and '" + label
                               + "' exclude each other; keep one");
  }
  return ok();
}

status check_place(const qos& x) {
  auto by_hops = x.best == objective::hops;
  if (x.from.empty() && x.hops)
    return bad("from", "name the machine or switch that hops count from");
  if (x.from.empty() && by_hops)
    return bad("from", "the objective hops needs the place to count from");
  if (!x.from.empty() && !x.hops && !by_hops)
    return bad("hops", "say how many links from '" + x.from
                         + "' are allowed, or take the objective hops");
  return ok();
}

status check_sense(const qos& x) {
  if (!x.capacity_bytes && !x.cores_permille && !x.memory_bytes && !x.gpus)
    return bad("capacity_bytes",
               "nothing is asked for; give at least one of capacity_bytes, "
               "cores_permille, memory_bytes and gpus");
  if (x.gpu_share_permille && x.gpus != 1u)
    return bad("gpu_share_permille", "is a part of one GPU; set gpus to 1");
  if (x.best == objective::latency && !wants_device(x))
    return bad("objective",
               "latency is a device's; ask for capacity_bytes, "
               "latency_ns or device_kind as well");
  if (x.spread == spread_over::device && !wants_device(x))
    return bad("spread", "no device is asked for; take machine or rack");
  return ok();
}

} // namespace

bool wants_device(const qos& x) {
  return x.capacity_bytes || x.latency || !x.device_kind.empty();
}

uint32_t gpu_share_of(const qos& x) {
  return x.gpu_share_permille.value_or(1000);
}

objective objective_of(const qos& x) {
  return x.best.value_or(objective::fit);
}

spread_over spread_of(const qos& x) {
  return x.spread.value_or(spread_over::machine);
}

status check_qos(const qos& x) {
  for (auto check : {check_ranges, check_labels, check_place, check_sense})
    if (auto done = check(x); !done)
      return done;
  return ok();
}

const char* to_string(objective x) {
  return objective_names[static_cast<size_t>(x)];
}

const char* to_string(spread_over x) {
  return spread_names[static_cast<size_t>(x)];
}

std::optional<objective> objective_from(std::string_view x) {
  return find_name<objective>(objective_names, x);
}

std::optional<spread_over> spread_from(std::string_view x) {
  return find_name<spread_over>(spread_names, x);
}

} // namespace muster
