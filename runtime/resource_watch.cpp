// SPDX-License-Identifier: Apache-2.0
#include "runtime/resource_watch.hpp"

#include "runtime/config/option_value.hpp"

namespace muster {

namespace {

constexpr std::chrono::seconds look_every{60};
constexpr std::chrono::seconds load_every{2};

} // namespace

discovery_options discovery_options_of(const process_options& x) {
  discovery_options out;
  for (auto& text : x.inventory_devices)
    if (auto parsed = parse_device_option(text))
      out.storage.devices.push_back(std::move(*parsed));
  out.storage.discover = x.inventory_discover;
  out.storage.excluded = x.inventory_excluded;
  out.measure = x.inventory_measure;
  out.rack = x.rack;
  out.labels = x.inventory_labels;
  out.cores_permille = x.inventory_cores_permille;
  out.memory_bytes = x.inventory_memory_bytes;
  out.nic_bits_per_second = x.inventory_nic_bits_per_second;
  auto gpus = parse_number(x.inventory_gpus,
                           {option_unit::none, {0, gpus_max}});
  if (gpus)
    out.gpus = static_cast<uint32_t>(*gpus);
  return out;
}

resource_watch::resource_watch(discovery_options how, clock_source& clock,
                               event_sink& events, listener to)
  : clock_(clock), events_(events), to_(std::move(to)),
    discovery_(host_, std::move(how)), thread_([this] { run(); }) {
  // nop
}

resource_watch::~resource_watch() {
  {
    std::lock_guard guard{mutex_};
    stopping_ = true;
  }
  discovery_.stop();
  changed_.notify_all();
  thread_.join();
}

void resource_watch::run() {
  auto next_look = clock_.now();
  std::unique_lock guard{mutex_};
  while (!stopping_) {
    guard.unlock();
    if (auto now = clock_.now(); now >= next_look) {
      auto found = discovery_.look();
      // One that was stopped has left out what it did not measure.
      if (discovery_.stopped())
        return;
      to_.found(std::move(found));
      next_look = now + look_every;
    }
    if (auto load = discovery_.load(clock_.now().time_since_epoch()))
      to_.load(std::move(*load));
    tell_complaints();
    guard.lock();
    changed_.wait_for(guard, load_every, [this] { return stopping_; });
  }
}

void resource_watch::tell_complaints() {
  for (auto& text : discovery_.take_complaints())
    events_.note(severity::warning, "inventory", text);
}

} // namespace muster
