// SPDX-License-Identifier: Apache-2.0
#include "bench/allocator_decide.hpp"

#include "allocator/selector.hpp"
#include "bench/plain_selection.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <random>

namespace muster::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr size_t machine_devices = 4;
constexpr size_t rack_machines = 32;
constexpr size_t spine_racks = 32;
constexpr uint64_t gib = uint64_t{1} << 30;
constexpr const char* kinds[] = {"nvme-ssd", "sata-ssd", "sas-hdd"};

std::string machine_name(size_t i) {
  return "m" + std::to_string(i);
}

/// The same devices in both.
struct data {
  data(size_t count, uint64_t seed);

  void add_machine(size_t i);
  void add_device(size_t machine, size_t i);
  void find_hops();

  inventory in;
  std::vector<plain_candidate> plain;
  std::string place = machine_name(0);
  std::mt19937_64 random;
  size_t count;
};

data::data(size_t n, uint64_t seed) : random(seed), count(n) {
  plain.reserve(n);
  for (size_t i = 0; i * machine_devices < n; ++i)
    add_machine(i);
  find_hops();
}

void data::add_machine(size_t i) {
  machine_id id{machine_name(i)};
  auto rack = i / rack_machines;
  machine_resources facts;
  facts.cores_permille = random() % 129 * 1000;
  facts.memory_bytes = random() % (1024 * gib);
  facts.rack = "r" + std::to_string(rack);
  auto load = static_cast<uint32_t>(random() % 1001);
  auto spine = "p" + std::to_string(rack / spine_racks);
  auto done = in.put_machine(id, facts) && in.put_load(id, load)
              && in.put_link(id.value, facts.rack)
              && in.put_link(facts.rack, spine) && in.put_link(spine, "core");
  for (auto [kind, left] :
       {std::pair{counter_kind::cores, facts.cores_permille},
        std::pair{counter_kind::memory, facts.memory_bytes}})
    done = done
           && in.set_counter(id, {kind, 0, {}}, static_cast<int64_t>(left));
  if (!done)
    std::abort();
  in.set_started(id, true);
  plain_candidate c;
  c.cores_permille = facts.cores_permille;
  c.memory_bytes = facts.memory_bytes;
  c.load_permille = load;
  c.machine = static_cast<uint32_t>(i);
  c.rack = static_cast<uint32_t>(rack);
  for (size_t d = 0; d < machine_devices && plain.size() < count; ++d) {
    plain.push_back(c);
    add_device(i, d);
  }
}

void data::add_device(size_t machine, size_t i) {
  auto kind = random() % 3;
  device_resources facts;
  facts.kind = kinds[kind];
  facts.capacity_bytes = (kind == 2 ? 16384 : 4096) * gib;
  facts.latency = std::chrono::microseconds{(kind == 0   ? 60
                                             : kind == 1 ? 150
                                                         : 4000)
                                            + random() % 100};
  facts.bandwidth_bits_per_second = (1 + random() % 32) * 1'000'000'000;
  auto left = random() % facts.capacity_bytes;
  machine_id id{machine_name(machine)};
  auto name = "d" + std::to_string(i);
  if (!in.put_device(id, name, facts)
      || !in.set_counter(id, {counter_kind::device, 0, name},
                         static_cast<int64_t>(left)))
    std::abort();
  auto& c = plain.back();
  c.kind = static_cast<uint32_t>(kind) + 1;
  c.capacity_bytes = left;
  c.latency_ns = static_cast<uint64_t>(facts.latency->count());
  c.bandwidth_bits_per_second = facts.bandwidth_bits_per_second;
}

void data::find_hops() {
  auto& hops = in.hops_from(*in.links().find(place)).hops;
  for (auto& c : plain)
    c.hops = hops[*in.links().find(machine_name(c.machine))];
}

/// A request of one kind; sizes differ from one to the next.
plain_request request_of(const std::string& kind, data& of) {
  plain_request out;
  auto& w = out.wanted;
  w.from = of.place;
  w.capacity_bytes = gib + of.random() % gib;
  w.hops = 6;
  w.load_permille = 950 + static_cast<uint32_t>(of.random() % 50);
  w.latency = std::chrono::milliseconds{10};
  if (kind == "loose")
    return out;
  w.capacity_bytes = 3500 * gib + of.random() % gib;
  w.load_permille = 100 + static_cast<uint32_t>(of.random() % 50);
  w.cores_permille = 64'000 + of.random() % 1000;
  w.memory_bytes = 256 * gib + of.random() % gib;
  w.bandwidth_bits_per_second = 10'000'000'000;
  w.device_kind = kinds[0];
  out.kind = 1;
  w.latency = std::chrono::microseconds{100};
  if (kind == "impossible")
    w.latency = std::chrono::microseconds{1 + of.random() % 8};
  return out;
}

struct times {
  std::vector<double> ns;

  double quantile(size_t permille) {
    auto at = ns.begin()
              + static_cast<std::ptrdiff_t>((ns.size() - 1) * permille / 1000);
    std::ranges::nth_element(ns, at);
    return *at;
  }
};

template <class F>
times measure(size_t count, F f) {
  times out;
  out.ns.reserve(count);
  auto end = clock::now() + std::chrono::seconds{1};
  while (out.ns.size() < count) {
    auto before = clock::now();
    f();
    auto after = clock::now();
    out.ns.push_back(
      static_cast<double>(std::chrono::nanoseconds{after - before}.count()));
    // Long ones: enough for a 99th percentile, or for a median.
    if (after > end && out.ns.size() >= 21)
      break;
  }
  return out;
}

class run {
public:
  run(data& of, const allocator_options& options, allocator_report& to)
    : of_(of), options_(options), to_(to), use_(of.in),
      portable_(of.in, portable_kernels()) {
    // nop
  }

  void all() {
    for (std::string kind : {"loose", "tight", "impossible"})
      cases(kind);
    updates();
  }

private:
  // Requests are made outside of the measured time, and used in turn.
  void make_requests(const std::string& kind) {
    requests_.clear();
    for (size_t i = 0; i < 1024; ++i)
      requests_.push_back(request_of(kind, of_));
    next_ = 0;
  }

  const plain_request& next() {
    return requests_[next_++ % requests_.size()];
  }

  times choose(selector& use, effort how, bool explained) {
    uint64_t random = of_.random();
    return measure(options_.decisions_count, [&] {
      // Cheap, and each decision begins elsewhere.
      random = random * 6364136223846793005U + 1442695040888963407U;
      search_options options{.how = how, .random = random};
      auto& wanted = next().wanted;
      found_ += static_cast<bool>(use.choose(wanted, options));
      if (explained)
        found_ += use.explain(wanted, options)->satisfying;
    });
  }

  times naive() {
    return measure(options_.decisions_count, [&] {
      found_ += naive_choice(of_.plain, next()).has_value();
    });
  }

  double satisfying() {
    size_t out = 0;
    for (auto& c : of_.plain)
      out += satisfies(c, requests_.front());
    return static_cast<double>(out) * 1000 / static_cast<double>(of_.count);
  }

  void cases(const std::string& kind) {
    make_requests(kind);
    auto plain = naive();
    auto add = [&](const char* search, times x) {
      to_.cases.push_back({of_.count, kind, search, x.ns.size(), satisfying(),
                           x.quantile(500), x.quantile(990),
                           plain.quantile(500) / x.quantile(500)});
    };
    // The first decisions make the sets of rows.
    choose(use_, effort::sample, false);
    add("sample", choose(use_, effort::sample, false));
    add("exact", choose(use_, effort::exact, false));
    add("exact_portable", choose(portable_, effort::exact, false));
    if (kind == "impossible")
      add("explain", choose(use_, effort::sample, true));
    add("naive", plain);
  }

  void updates() {
    auto x = measure(options_.decisions_count, [&] {
      auto r = of_.random();
      machine_id id{machine_name(r % of_.count / machine_devices)};
      auto left = static_cast<int64_t>((r >> 24) % (4096 * gib));
      counter_name counter{counter_kind::device, 0, "d0"};
      if (!of_.in.set_counter(id, counter, left))
        std::abort();
    });
    to_.updates.push_back({of_.count, x.quantile(500), x.quantile(990),
                           static_cast<double>(of_.in.memory_bytes())
                             / static_cast<double>(of_.count)});
  }

  data& of_;
  const allocator_options& options_;
  allocator_report& to_;
  selector use_;
  selector portable_;
  std::vector<plain_request> requests_;
  size_t next_ = 0;
  uint64_t found_ = 0; // so that nothing is left out as unused
};

} // namespace

allocator_report run_allocator(const allocator_options& options) {
  allocator_report out;
  for (auto count : options.devices) {
    data of{count, options.seed};
    run{of, options, out}.all();
  }
  return out;
}

} // namespace muster::bench
