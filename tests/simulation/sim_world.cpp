// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_world.hpp"

#include <cassert>

namespace muster::sim {

namespace {

/// Which generator belongs to which part of the world.
enum label : uint64_t { network_label = 1, config_label, machines_label };

} // namespace

struct sim_world::process_world {
  process_ptr gate;
  std::shared_ptr<sim_transport> network;
  std::unique_ptr<store> disk;
  std::unique_ptr<coordinator> config;
  sim_random random;
  sim_events events;
  sim_timers timers;
};

sim_world::sim_world(uint64_t seed, const fault_options& faults,
                     sim_machine_host& host, std::ostream* trace)
  : faults_(faults), host_(host), random_(seed), trace_(scheduler_, trace),
    network_(scheduler_, fork(network_label), faults.network, trace_),
    config_(scheduler_, fork(config_label), faults.coordinator, trace_) {
  scheduler_.after_each([this] { host_.settle(); });
}

sim_world::~sim_world() {
  // Processes first: what waits in the queue may refer to them.
  for (auto& [id, x] : machines_)
    if (x.running)
      crash(id);
  scheduler_.clear();
}

void sim_world::add_machine(const machine_id& id) {
  assert(!machines_.contains(id));
  auto& x = machines_[id];
  x.random = random_.fork(machines_label).fork(machines_.size());
  auto rate = faults_.clock_rate_ppm_max;
  auto ppm
    = static_cast<int64_t>(x.random.below(static_cast<uint64_t>(2 * rate + 1)))
      - rate;
  x.clock = std::make_unique<virtual_clock>(scheduler_,
                                            x.random.between(1s, 1000h), ppm);
  x.disk = std::make_unique<sim_disk>(scheduler_, x.random.fork(1),
                                      faults_.disk, trace_, id);
}

sim_world::simulated_machine& sim_world::at(const machine_id& id) {
  auto i = machines_.find(id);
  assert(i != machines_.end());
  return i->second;
}

const sim_world::simulated_machine& sim_world::at(const machine_id& id) const {
  auto i = machines_.find(id);
  assert(i != machines_.end());
  return i->second;
}

void sim_world::start(const machine_id& id) {
  auto& x = at(id);
  assert(!x.running && !x.retired);
  trace_.line(id.value, "started", "");
  if (x.disk->damaged()) { // as `local_machine::open_store` does
    trace_.line(id.value, "store_set_aside", "");
    x.disk->wipe();
  }
  auto gate = std::make_shared<sim_process>(scheduler_, id);
  auto random = x.random.fork(2 + x.start_count);
  x.processes.push_back(std::make_unique<process_world>(process_world{
    gate, network_.attach(gate), x.disk->open(gate), config_.connect(gate),
    random.fork(1), sim_events{trace_, id.value},
    sim_timers{gate, *x.clock, random.fork(2), faults_.timer_late_max}}));
  auto& p = *x.processes.back();
  x.running = host_.start({id, x.start_count++, *x.clock, *p.network, *p.disk,
                           *p.config, p.random, p.events, trace_, p.timers});
}

void sim_world::crash(const machine_id& id, bool power_loss) {
  auto& x = at(id);
  if (!x.running)
    return;
  trace_.line(id.value, power_loss ? "power_lost" : "crashed", "");
  x.processes.back()->gate->kill();
  network_.detach(id, power_loss);
  x.running.reset();
  x.disk->crash();
  if (power_loss)
    x.clock->reboot(x.random.between(1s, 60s));
}

void sim_world::pause(const machine_id& id) {
  auto& x = at(id);
  if (!x.running)
    return;
  trace_.line(id.value, "paused", "");
  x.processes.back()->gate->pause();
}

void sim_world::resume(const machine_id& id) {
  auto& x = at(id);
  if (!x.running || !is_paused(id))
    return;
  trace_.line(id.value, "resumed", "");
  x.processes.back()->gate->resume(x.random);
}

void sim_world::use(const machine_id& id, std::function<void()> x) {
  if (!is_up(id))
    return;
  auto& gate = *at(id).processes.back()->gate;
  gate.deliver(gate.new_stream(), std::move(x));
}

void sim_world::isolate(const machine_id& id) {
  for (auto& [other, x] : machines_)
    if (other != id) {
      network_.cut(id, other);
      network_.cut(other, id);
    }
}

void sim_world::rejoin(const machine_id& id) {
  for (auto& [other, x] : machines_)
    if (other != id) {
      network_.heal(id, other);
      network_.heal(other, id);
    }
}

void sim_world::retire(const machine_id& id) {
  assert(!is_up(id));
  trace_.line("world", "retired", id.value);
  at(id).retired = true;
}

bool sim_world::is_retired(const machine_id& id) const {
  return at(id).retired;
}

bool sim_world::is_up(const machine_id& id) const {
  return at(id).running != nullptr;
}

bool sim_world::is_paused(const machine_id& id) const {
  const auto& x = at(id);
  return x.running && x.processes.back()->gate->paused();
}

sim_machine* sim_world::machine(const machine_id& id) const {
  return at(id).running.get();
}

std::vector<machine_id> sim_world::machines() const {
  std::vector<machine_id> out;
  for (const auto& [id, x] : machines_)
    if (!x.retired)
      out.push_back(id);
  return out;
}

virtual_clock& sim_world::clock(const machine_id& id) {
  return *at(id).clock;
}

size_t sim_world::start_count(const machine_id& id) const {
  return at(id).start_count;
}

sim_disk& sim_world::disk(const machine_id& id) {
  return *at(id).disk;
}

} // namespace muster::sim
