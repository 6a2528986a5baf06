// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_coordinator.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {

sim_coordinator::sim_coordinator(sim_scheduler& scheduler, sim_random random,
                                 const coordinator_options_sim& options,
                                 sim_trace& trace)
  : scheduler_(scheduler), random_(std::move(random)), options_(options),
    trace_(trace) {
  // nop
}

void sim_coordinator::set_available(bool x) {
  if (x != available_)
    trace_.line("world", x ? "coordinator_back" : "coordinator_away", "");
  available_ = x;
}

void sim_coordinator::cut(const machine_id& id) {
  trace_.line("world", "coordinator_cut", id.value);
  cut_.insert(id);
}

void sim_coordinator::reconnect(const machine_id& id) {
  if (cut_.erase(id) > 0)
    trace_.line("world", "coordinator_reconnected", id.value);
}

void sim_coordinator::reconnect_all() {
  cut_.clear();
  set_available(true);
}

nanoseconds sim_coordinator::delay() {
  return random_.between(options_.delay_min, options_.delay_max);
}

coordinator_range sim_coordinator::range_now(const std::string& prefix) const {
  coordinator_range out;
  out.revision = revision_;
  for (auto i = entries_.lower_bound(prefix);
       i != entries_.end() && i->first.starts_with(prefix); ++i)
    out.entries.push_back({i->first, i->second.value, i->second.mod_revision});
  return out;
}

coordinator_txn_answer sim_coordinator::txn_now(const coordinator_txn& x) {
  return apply(x, 0);
}

bool sim_coordinator::holds(const coordinator_txn& x) const {
  return std::all_of(x.compares.begin(), x.compares.end(), [&](auto& c) {
    auto i = entries_.find(c.key);
    return c.mod_revision == (i == entries_.end() ? 0 : i->second.mod_revision);
  });
}

coordinator_txn_answer sim_coordinator::apply(const coordinator_txn& x,
                                              uint64_t lease) {
  if (!holds(x))
    return {false, revision_};
  std::vector<std::string> keys;
  if (!x.puts.empty() || !x.deletes.empty())
    ++revision_;
  for (const auto& put : x.puts) {
    entries_[put.key] = {put.value, revision_, put.bound_to_lease ? lease : 0};
    keys.push_back(put.key);
  }
  for (const auto& key : x.deletes)
    if (entries_.erase(key) > 0)
      keys.push_back(key);
  changed(keys);
  return {true, revision_};
}

/// @returns whether the lease was live
bool sim_coordinator::renew(uint64_t lease, std::chrono::seconds ttl) {
  bool live = leases_.contains(lease);
  leases_[lease] = scheduler_.now() + ttl;
  scheduler_.after(ttl, [this, lease] { expire(lease); });
  return live;
}

void sim_coordinator::expire(uint64_t lease) {
  auto i = leases_.find(lease);
  if (i == leases_.end() || i->second > scheduler_.now())
    return;
  leases_.erase(i);
  std::vector<std::string> keys;
  for (const auto& [key, x] : entries_)
    if (x.lease == lease)
      keys.push_back(key);
  if (keys.empty())
    return;
  ++revision_;
  for (const auto& key : keys) {
    trace_.line("world", "coordinator_key_expired", key);
    entries_.erase(key);
  }
  changed(keys);
}

void sim_coordinator::changed(const std::vector<std::string>& keys) {
  std::erase_if(watchers_, [](auto& w) { return !w.process->alive(); });
  for (const auto& w : watchers_) {
    bool concerned = std::any_of(keys.begin(), keys.end(), [&](auto& key) {
      return key.starts_with(w.prefix);
    });
    if (!concerned || !reachable(w.process->id())
        || random_.chance(options_.lost_hint_permille))
      continue;
    tell(w);
    if (random_.chance(options_.double_hint_permille))
      tell(w);
  }
}

void sim_coordinator::tell(const watcher& x) {
  auto wait = random_.between(
    options_.delay_min, std::max(options_.delay_min, options_.hint_delay_max));
  scheduler_.after(wait, [process = x.process, in = x.stream, hint = x.hint] {
    process->deliver(in, hint);
  });
}

} // namespace muster::sim
