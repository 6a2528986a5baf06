// SPDX-License-Identifier: Apache-2.0
#include "bench/openb.hpp"

#include "allocator/record_keys.hpp"
#include "allocator/reservation.hpp"
#include "bench/histogram.hpp"
#include "bench/openb_trace.hpp"

#include <chrono>
#include <cstdlib>
#include <map>
#include <unordered_map>

namespace muster::bench {

namespace {

using clock = std::chrono::steady_clock;

constexpr int64_t mib = 1 << 20;

/// Counters and allocations, as the homes of the machines have them.
class home : public record_source {
public:
  const record* find(const std::string& key) const override {
    auto i = records_.find(key);
    return i == records_.end() ? nullptr : &i->second;
  }

  void set(const std::string& key, int64_t value) {
    records_[key] = {std::to_string(value), sequence{1}};
  }

  /// @returns false if it was refused; `changed` gets the counters
  bool apply(const command_plan& plan,
             std::vector<std::pair<std::string, int64_t>>& changed) {
    command x{command_id{"=openb"}, plan.guards, plan.operations};
    auto done = evaluate(x, *this);
    if (!done.refusal.empty())
      return false;
    changed.clear();
    size_t counter = 0;
    for (size_t i = 0; i < done.effects.size(); ++i) {
      auto& e = done.effects[i];
      if (e.erased)
        records_.erase(e.key);
      else
        records_[e.key] = {e.value, sequence{1}};
      if (x.operations[i].kind == operation_kind::add)
        changed.emplace_back(e.key, done.counters[counter++]);
    }
    return true;
  }

private:
  std::unordered_map<std::string, record> records_;
};

/// What each node has given away, from the trace's own numbers.
class ledger {
public:
  explicit ledger(const std::vector<openb_node>& nodes) {
    for (auto& x : nodes)
      left_[x.name] = {x.cpu_milli, x.memory_mib,
                       std::vector<int64_t>(static_cast<size_t>(x.gpus), 1000)};
  }

  /// @param sign  1: it comes, -1: it leaves
  /// @returns false if the node has given more than it has
  bool change(const openb_pod& pod, const placement& at, int64_t sign) {
    auto& x = left_.at(at.machine.value);
    x.cpu_milli -= sign * pod.cpu_milli;
    x.memory_mib -= sign * pod.memory_mib;
    auto enough = x.cpu_milli >= 0 && x.memory_mib >= 0
                  && at.gpus.size() == static_cast<size_t>(pod.gpus);
    for (auto gpu : at.gpus) {
      auto& left = x.gpus.at(gpu);
      left -= sign * (pod.gpus == 1 ? pod.gpu_milli : 1000);
      enough = enough && left >= 0;
    }
    return enough;
  }

private:
  struct node {
    int64_t cpu_milli;
    int64_t memory_mib;
    std::vector<int64_t> gpus;
  };

  std::unordered_map<std::string, node> left_;
};

qos request_of(const openb_pod& x, objective best) {
  auto some = [](int64_t n) {
    return n == 0 ? std::nullopt : std::optional{static_cast<uint64_t>(n)};
  };
  qos out;
  out.cores_permille = some(x.cpu_milli);
  out.memory_bytes = some(x.memory_mib * mib);
  if (x.gpus != 0)
    out.gpus = static_cast<uint32_t>(x.gpus);
  if (x.gpus == 1 && x.gpu_milli < 1000)
    out.gpu_share_permille = static_cast<uint32_t>(x.gpu_milli);
  out.best = best;
  return out;
}

std::string no_text(const allocation_record&) {
  return {};
}

/// One pass over all pods.
class replay {
public:
  replay(const std::vector<openb_node>& nodes, objective best)
    : best_(best), ledger_(nodes) {
    for (auto& x : nodes)
      add(x);
    row_.objective = to_string(best);
  }

  openb_row run(const std::vector<openb_pod>& pods, bool departures) {
    for (auto& pod : pods) {
      if (departures)
        release_until(pod.created);
      place(pod);
    }
    row_.p50_ns = static_cast<double>(times_.quantile(500).count());
    row_.p99_ns = static_cast<double>(times_.quantile(990).count());
    return row_;
  }

private:
  void add(const openb_node& x) {
    machine_id id{x.name};
    machine_resources has;
    has.cores_permille = static_cast<uint64_t>(x.cpu_milli);
    has.memory_bytes = static_cast<uint64_t>(x.memory_mib * mib);
    has.gpus = static_cast<uint32_t>(x.gpus);
    if (!in_.put_machine(id, has))
      std::abort();
    in_.set_started(id, true);
    set(id, {counter_kind::cores, 0, {}}, x.cpu_milli);
    set(id, {counter_kind::memory, 0, {}}, x.memory_mib * mib);
    for (uint32_t i = 0; i < has.gpus; ++i)
      set(id, {counter_kind::gpu, i, {}}, 1000);
    cores_[id] = x.cpu_milli;
    tell_load(id, x.cpu_milli);
  }

  void set(const machine_id& id, const counter_name& counter, int64_t value) {
    home_.set(counter_key(id, counter), value);
    if (!in_.set_counter(id, counter, value))
      std::abort();
  }

  /// The load of a node: the share of its cores that is taken.
  void tell_load(const machine_id& id, int64_t left) {
    auto all = cores_.at(id);
    auto load = all == 0 ? 1000 : (all - left) * 1000 / all;
    if (!in_.put_load(id, static_cast<uint32_t>(load)))
      std::abort();
  }

  /// Carries a plan out; the inventory hears of the counters.
  void apply(const command_plan& plan) {
    if (!home_.apply(plan, changed_))
      std::abort(); // there is nobody to lose a race against
    for (auto& [key, value] : changed_) {
      auto name = parse_record_key(key);
      if (!in_.set_counter(name.machine, name.counter, value))
        std::abort();
      if (name.counter.kind == counter_kind::cores)
        tell_load(name.machine, value);
    }
  }

  void place(const openb_pod& pod) {
    auto wanted = request_of(pod, best_);
    search_options how{.how = effort::exact};
    auto before = clock::now();
    auto places = use_.choose(wanted, how);
    times_.record(clock::now() - before);
    if (!places) {
      ++row_.refused;
      return;
    }
    ++row_.placed;
    auto parts = parts_of(wanted, std::move(*places));
    apply(plan_reservation(pod.name, parts, false, no_text));
    row_.over_commits += !ledger_.change(pod, parts.front().where, 1);
    running_.emplace(pod.deleted, std::pair{&pod, std::move(parts)});
  }

  void release_until(int64_t now) {
    while (!running_.empty() && running_.begin()->first <= now) {
      auto& [pod, parts] = running_.begin()->second;
      apply(plan_release(pod->name, parts, false, {sequence{1}}));
      ledger_.change(*pod, parts.front().where, -1);
      running_.erase(running_.begin());
    }
  }

  objective best_;
  inventory in_;
  selector use_{in_};
  home home_;
  ledger ledger_;
  std::map<machine_id, int64_t> cores_;
  std::multimap<int64_t, std::pair<const openb_pod*,
                                   std::vector<reserved_part>>>
    running_; // by the end
  std::vector<std::pair<std::string, int64_t>> changed_;
  histogram times_;
  openb_row row_;
};

} // namespace

result<std::vector<openb_row>> run_openb(const openb_options& options) {
  auto nodes = read_openb_nodes(options.nodes);
  if (!nodes)
    return nodes.failure();
  auto pods = read_openb_pods(options.pods);
  if (!pods)
    return pods.failure();
  std::vector<openb_row> out;
  for (auto best : {objective::fit, objective::spread, objective::load})
    out.push_back(replay{*nodes, best}.run(*pods, options.departures));
  return out;
}

} // namespace muster::bench
