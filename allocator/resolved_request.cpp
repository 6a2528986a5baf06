// SPDX-License-Identifier: Apache-2.0
#include "allocator/resolved_request.hpp"

#include <bit>

namespace muster {

namespace {

quantity_test test_of(const candidate_table& of, quantity q, uint64_t bound) {
  quantity_test out;
  out.what = q;
  out.negated = is_ceiling(q);
  out.bound = out.negated ? bound + 1 : bound;
  auto c = class_of(out.bound);
  out.low = of.at_least(q, c);
  // The class begins at a power of two: then its bitmap is exact.
  out.high = std::has_single_bit(out.bound) ? out.low
             : c + 1 < class_count          ? of.at_least(q, c + 1)
                                            : of.none().data();
  return out;
}

struct builder {
  inventory& in;
  const qos& wanted;
  resolved_request& out;

  void require(criterion which, const bitmap& rows) {
    assert(out.set_count < out.sets.size());
    out.sets[out.set_count++] = {which, rows.data()};
  }

  template <class T>
  void limit(quantity q, const std::optional<T>& x) {
    if (x)
      out.quantities[out.quantity_tests++] = test_of(out.table(), q,
                                                     static_cast<uint64_t>(*x));
  }

  status add_place() {
    if (wanted.from.empty())
      return ok();
    auto place = in.links().find(wanted.from);
    if (!place)
      return error{errc::not_found, "from: no machine or switch is called '"
                                      + wanted.from
                                      + "'; `muster topology show` lists them"};
    out.hops = &in.hops_from(*place);
    if (!wanted.hops)
      return ok();
    require(criterion::reachable,
            in.rows_within(out.of_devices, *place, unreachable - 1));
    require(criterion::hops,
            in.rows_within(out.of_devices, *place,
                           static_cast<uint16_t>(*wanted.hops)));
    return ok();
  }

  void add_quantities() {
    std::optional<uint64_t> latency;
    if (wanted.latency)
      latency = static_cast<uint64_t>(wanted.latency->count());
    limit(quantity::capacity, wanted.capacity_bytes);
    limit(quantity::latency, latency);
    limit(quantity::bandwidth, wanted.bandwidth_bits_per_second);
    limit(quantity::cores, wanted.cores_permille);
    limit(quantity::memory, wanted.memory_bytes);
    if (wanted.gpus == 1u)
      limit(quantity::gpu_share, std::optional{gpu_share_of(wanted)});
    else
      limit(quantity::gpus, wanted.gpus);
    limit(quantity::load, wanted.load_permille);
  }
};

} // namespace

intersection resolved_request::prefilter() const {
  intersection out;
  out.require(table().valid().data());
  out.forbid(taken);
  for (size_t i = 0; i < set_count; ++i)
    out.require(sets[i].rows);
  for (size_t i = 0; i < quantity_tests; ++i)
    if (quantities[i].negated)
      out.forbid(quantities[i].high);
    else
      out.require(quantities[i].low);
  return out;
}

result<resolved_request> resolve(inventory& in, const qos& x, bool dry_run,
                                 const bitmap& taken) {
  resolved_request out;
  out.of_devices = wants_device(x);
  out.of = out.of_devices ? &in.devices() : &in.machines();
  assert(taken.size() >= out.words());
  out.taken = taken.data();
  builder b{in, x, out};
  if (!dry_run)
    b.require(criterion::started, out.table().started());
  if (!x.device_kind.empty())
    b.require(criterion::kind, in.rows_of_kind(x.device_kind));
  for (auto& label : x.labels)
    b.require(criterion::labels, in.rows_labelled(out.of_devices, label));
  if (auto done = b.add_place(); !done)
    return done.failure();
  b.add_quantities();
  return out;
}

} // namespace muster
