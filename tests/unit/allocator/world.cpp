// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

namespace muster::test {

namespace {

machine_id id_of(const std::string& x) {
  return machine_id{x};
}

} // namespace

void world::put(const std::string& id, machine_resources x) {
  REQUIRE(in.put_machine(id_of(id), x));
  machines[id].facts = std::move(x);
}

void world::remove(const std::string& id) {
  in.remove_machine(id_of(id));
  for (auto& [device, facts] : machines[id].devices)
    in.remove_device(id_of(id), device);
  for (auto& [counter, value] : machines[id].counters)
    REQUIRE(in.set_counter(id_of(id), counter, std::nullopt));
  REQUIRE(in.put_load(id_of(id), std::nullopt));
  in.set_started(id_of(id), false);
  machines.erase(id);
}

void world::put(const std::string& id, const std::string& device,
                device_resources x) {
  REQUIRE(in.put_device(id_of(id), device, x));
  machines[id].devices[device] = std::move(x);
}

void world::remove(const std::string& id, const std::string& device) {
  in.remove_device(id_of(id), device);
  machines[id].devices.erase(device);
}

void world::count(const std::string& id, const counter_name& counter,
                  std::optional<int64_t> value) {
  REQUIRE(in.set_counter(id_of(id), counter, value));
  if (value)
    machines[id].counters[counter] = *value;
  else
    machines[id].counters.erase(counter);
}

void world::load(const std::string& id, std::optional<uint32_t> permille) {
  REQUIRE(in.put_load(id_of(id), permille));
  machines[id].load_permille = permille;
}

void world::start(const std::string& id, bool on) {
  in.set_started(id_of(id), on);
  machines[id].started = on;
}

void world::link(const std::string& a, const std::string& b) {
  REQUIRE(in.put_link(a, b));
  links.insert(std::minmax(a, b));
}

void world::unlink(const std::string& a, const std::string& b) {
  in.remove_link(a, b);
  links.erase(std::minmax(a, b));
}

void world::tell(inventory& to) const {
  // Records come in the order of their keys, which is another one than that in
  // which they were written.
  for (auto& [a, b] : links)
    REQUIRE(to.put_link(b, a));
  for (auto& [id, x] : machines) {
    for (auto& [counter, value] : x.counters)
      REQUIRE(to.set_counter(id_of(id), counter, value));
    for (auto& [name, facts] : x.devices)
      REQUIRE(to.put_device(id_of(id), name, facts));
    REQUIRE(to.put_load(id_of(id), x.load_permille));
    REQUIRE(to.put_machine(id_of(id), x.facts));
    to.set_started(id_of(id), x.started);
  }
}

std::map<std::string, uint32_t>
world::hops_from(const std::string& place) const {
  std::map<std::string, uint32_t> out{{place, 0}};
  std::deque<std::string> front{place};
  while (!front.empty()) {
    auto from = front.front();
    front.pop_front();
    for (auto& [a, b] : links)
      if (a == from || b == from) {
        auto& to = a == from ? b : a;
        if (out.emplace(to, out[from] + 1).second)
          front.push_back(to);
      }
  }
  return out;
}

uint64_t world::left(const plain_machine& x, const counter_name& counter,
                     uint64_t all) const {
  auto i = x.counters.find(counter);
  if (i == x.counters.end())
    return x.started ? 0 : all;
  return i->second < 0 ? 0 : std::min(all, static_cast<uint64_t>(i->second));
}

bench::plain_candidate world::candidate(const plain_machine& x,
                                        const device_resources* device) const {
  bench::plain_candidate out;
  out.started = x.started;
  out.cores_permille = left(x, {counter_kind::cores, 0, {}},
                            x.facts.cores_permille);
  out.memory_bytes = left(x, {counter_kind::memory, 0, {}},
                          x.facts.memory_bytes);
  for (uint32_t i = 0; i < x.facts.gpus; ++i)
    out.gpus_permille[i]
      = static_cast<uint16_t>(left(x, {counter_kind::gpu, i, {}}, 1000));
  out.load_permille = x.load_permille.value_or(UINT32_MAX);
  out.rack = numbers_.emplace("rack " + x.facts.rack, numbers_.size() + 1)
               .first->second;
  out.bandwidth_bits_per_second = x.facts.nic_bits_per_second;
  out.labels = x.facts.labels;
  if (device) {
    out.bandwidth_bits_per_second = device->bandwidth_bits_per_second;
    if (device->latency)
      out.latency_ns = static_cast<uint64_t>(device->latency->count());
    out.kind = request({.device_kind = device->kind}).kind;
    out.labels.insert(out.labels.end(), device->labels.begin(),
                      device->labels.end());
  }
  return out;
}

std::vector<bench::plain_candidate>
world::candidates(const qos& x, std::vector<named_candidate>& names) const {
  std::vector<bench::plain_candidate> out;
  auto hops = hops_from(x.from);
  uint32_t number = 0;
  auto add = [&](const std::string& id, const std::string& device,
                 bench::plain_candidate c) {
    c.machine = number;
    if (auto i = hops.find(id); i != hops.end() && !x.from.empty())
      c.hops = i->second;
    names.push_back({id, device});
    out.push_back(std::move(c));
  };
  for (auto& [id, m] : machines) {
    ++number;
    if (!wants_device(x)) {
      add(id, "", candidate(m, nullptr));
      continue;
    }
    for (auto& [device, facts] : m.devices) {
      auto c = candidate(m, &facts);
      c.capacity_bytes = left(m, {counter_kind::device, 0, device},
                              facts.capacity_bytes);
      add(id, device, std::move(c));
    }
  }
  return out;
}

bench::plain_request world::request(const qos& x, bool dry_run) const {
  auto kind = x.device_kind.empty()
                ? 0
                : numbers_.emplace("kind " + x.device_kind, numbers_.size() + 1)
                    .first->second;
  return {x, kind, dry_run};
}

uint64_t dice::quantity() {
  auto power = uint64_t{1} << below(59);
  switch (below(4)) {
    case 0:
      return power;
    case 1:
      return power + below(3);
    case 2:
      return power - 1;
    default:
      return below(power);
  }
}

std::vector<std::string> dice::labels() {
  std::vector<std::string> out;
  if (one_in(2))
    out.push_back("zone=" + std::to_string(below(3)));
  if (one_in(4))
    out.push_back("tier=" + std::to_string(below(2)));
  return out;
}

machine_resources dice::machine() {
  machine_resources out;
  out.cores_permille = below(9) * 1000;
  out.memory_bytes = quantity();
  out.gpus = one_in(2) ? static_cast<uint32_t>(below(gpus_max + 1)) : 0;
  out.nic_bits_per_second = quantity();
  out.rack = "r" + std::to_string(below(4));
  out.labels = labels();
  return out;
}

device_resources dice::device() {
  device_resources out;
  out.kind = one_in(2) ? "nvme-ssd" : "sata-hdd";
  out.capacity_bytes = quantity();
  if (!one_in(8))
    out.latency = nanoseconds{static_cast<int64_t>(quantity() >> 20)};
  out.bandwidth_bits_per_second = quantity();
  out.labels = labels();
  return out;
}

qos dice::any_request(const std::vector<std::string>& places) {
  qos out;
  if (one_in(2))
    out.capacity_bytes = quantity();
  if (one_in(4))
    out.latency = nanoseconds{static_cast<int64_t>(quantity() >> 18)};
  if (one_in(4))
    out.bandwidth_bits_per_second = quantity();
  if (one_in(4))
    out.load_permille = static_cast<uint32_t>(below(1001));
  if (one_in(3))
    out.cores_permille = below(7000);
  if (one_in(4))
    out.memory_bytes = quantity();
  if (one_in(4))
    out.gpus = static_cast<uint32_t>(below(6));
  if (out.gpus == 1u && one_in(2))
    out.gpu_share_permille = static_cast<uint32_t>(below(1000)) + 1;
  if (one_in(4))
    out.device_kind = one_in(2) ? "nvme-ssd" : "tape";
  if (one_in(4))
    out.labels = labels();
  if (one_in(3) && !places.empty()) {
    out.from = places[below(places.size())];
    out.hops = static_cast<uint32_t>(below(6));
  }
  if (!one_in(4))
    out.best = static_cast<objective>(below(5));
  return out;
}

qos dice::request(const std::vector<std::string>& places) {
  auto out = any_request(places);
  while (!check_qos(out))
    out = any_request(places);
  return out;
}

namespace {

std::string any_machine(dice& with) {
  return "m" + std::to_string(with.below(40));
}

std::string any_place(dice& with) {
  return with.one_in(2) ? any_machine(with)
                        : "s" + std::to_string(with.below(8));
}

counter_name any_counter(dice& with, const std::string& device) {
  auto kind = static_cast<counter_kind>(with.below(4));
  return {
    kind,
    kind == counter_kind::gpu ? static_cast<uint32_t>(with.below(gpus_max)) : 0,
    kind == counter_kind::device ? device : std::string{}};
}

void change_counter(world& x, dice& with, const std::string& id,
                    const std::string& device) {
  auto counter = any_counter(with, device);
  // The twin has facts of every device that it has counters of.
  if (counter.kind == counter_kind::device
      && !x.machines[id].devices.contains(device))
    return;
  auto value = counter.kind == counter_kind::device
                   || counter.kind == counter_kind::memory
                 ? with.quantity()
                 : with.below(5000);
  x.count(id, counter,
          with.one_in(6) ? std::nullopt
                         : std::optional{static_cast<int64_t>(value)});
}

} // namespace

void change(world& x, dice& with) {
  auto id = any_machine(with);
  if (!x.machines.contains(id)) {
    x.put(id, with.machine());
    return;
  }
  auto device = "d" + std::to_string(with.below(4));
  auto a = any_place(with);
  auto b = any_place(with);
  switch (with.below(16)) {
    case 0:
      if (with.one_in(3))
        x.remove(id);
      break;
    case 1:
      x.put(id, with.machine());
      break;
    case 2:
      if (!x.machines[id].counters.contains({counter_kind::device, 0, device}))
        x.remove(id, device);
      break;
    case 3:
    case 4:
    case 5:
      x.put(id, device, with.device());
      break;
    case 6:
      x.load(id, with.one_in(6)
                   ? std::nullopt
                   : std::optional{static_cast<uint32_t>(with.below(1001))});
      break;
    case 7:
    case 8:
      x.start(id, !with.one_in(5));
      break;
    case 9:
    case 10:
      if (a != b)
        x.link(a, b);
      break;
    case 11:
      x.unlink(a, b);
      break;
    default:
      change_counter(x, with, id, device);
  }
}

void grow(world& x, dice& with, int changes) {
  for (int i = 0; i < changes; ++i)
    change(x, with);
}

std::vector<std::string> places_of(const world& x) {
  std::set<std::string> out;
  for (auto& [a, b] : x.links) {
    out.insert(a);
    out.insert(b);
  }
  for (auto& [id, m] : x.machines)
    out.insert(id);
  return {out.begin(), out.end()};
}

} // namespace muster::test
