// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.hpp"

#include "tests/simulation/move_maker.hpp"

#include <algorithm>
#include <optional>

namespace muster::sim {

namespace {

constexpr nanoseconds warm_up = 3s;
constexpr nanoseconds healing = 15s;
constexpr size_t definite_min = 500;

enum label : uint64_t {
  shape_label = 101,
  fault_label,
  settle_label,
  nemesis_label,
  work_label,
  moves_label,
};

/// Half of all seeds move shards.
nanoseconds draw_moves(sim_random random, const simulation_options& options) {
  auto drawn = random.chance(500);
  auto mean = random.between(nanoseconds{100ms}, nanoseconds{3s});
  return options.with_moves.value_or(drawn) ? mean : nanoseconds{0};
}

/// More machines than replicas, so that there is somewhere to go.
void draw_places(sim_random random, uint32_t machine_count,
                 cluster_shape& out) {
  auto all = machine_count != 0 ? machine_count : 5;
  out.storing_count = std::min(all, static_cast<uint32_t>(3 + random.below(3)));
  out.holding_count = all - out.storing_count;
  out.moves.dead_after = random.chance(500) ? random.between(1s, 8s)
                                            : nanoseconds{0};
  out.moves.balance = random.chance(300);
}

cluster_shape draw_shape(sim_random random, uint32_t machine_count) {
  cluster_shape out;
  out.shard_count = static_cast<uint32_t>(4 + random.below(5));
  out.holding_count = static_cast<uint32_t>(1 + random.below(2));
  if (machine_count != 0)
    out.holding_count = machine_count - out.storing_count;
  out.mirrors[machine_id{"m4"}] = {"/"};
  out.mirrors[machine_id{"m5"}] = {"/g/1", "/g/2", "/g/3", "/g/4", "/g/5"};
  return out;
}

/// Everything of one run, in the order of its life.
struct run {
  explicit run(const simulation_options& options)
    : options_(options), seeds_(options.seed),
      moves_mean_(draw_moves(seeds_.fork(moves_label), options)),
      shape_(shape()), faults_(draw_faults()), actors_(config_),
      host_(actors_, watch_, shape_, seeds_.fork(settle_label)),
      world_(options.seed, faults_, host_, options.trace),
      nemesis_(world_, faults_, seeds_.fork(nemesis_label)),
      work_(world_, shape_, draw_load(), seeds_.fork(work_label)),
      moves_(world_, shape_, moves_mean_, seeds_.fork(moves_label + 1)) {
    // nop
  }

  cluster_shape shape() const {
    auto out = draw_shape(seeds_.fork(shape_label), options_.machine_count);
    if (moves_mean_ > nanoseconds{0})
      draw_places(seeds_.fork(moves_label + 2), options_.machine_count, out);
    return out;
  }

  workload_options draw_load() const {
    workload_options out;
    auto clients = out.clients_per_machine
                   * (shape_.storing_count + shape_.holding_count);
    if (options_.rate != 0)
      out.pause = nanoseconds{1s} * static_cast<int64_t>(clients)
                  / options_.rate;
    return out;
  }

  fault_options draw_faults() {
    auto random = seeds_.fork(fault_label);
    if (!options_.with_faults)
      return fault_options::calm();
    auto out = fault_options::swarm(random);
    auto& n = out.nemesis;
    auto means = {n.crash_mean, n.pause_mean, n.cut_mean, n.reset_mean,
                  n.coordinator_away_mean};
    // A seed without any of them would prove nothing.
    if (std::all_of(means.begin(), means.end(),
                    [](auto x) { return x == nanoseconds{0}; }))
      n.crash_mean = n.cut_mean = 5s;
    if (random.chance(300))
      n.down_count_max = 2;
    if (random.chance(100))
      n.down_count_max = 5;
    return out;
  }

  simulation_result play() {
    for (uint32_t i = 1; i <= shape_.storing_count + shape_.holding_count; ++i)
      world_.add_machine(machine_id{"m" + std::to_string(i)});
    for (auto& id : world_.machines())
      world_.start(id);
    work_.begin();
    if (!go_on(warm_up))
      return judge();
    if (options_.with_faults)
      nemesis_.begin();
    moves_.begin();
    auto faulty = options_.faults_for - warm_up;
    if (!go_on(faulty / 2))
      return judge();
    if (options_.with_faults)
      nemesis_.ensure_fault();
    if (!go_on(faulty / 2))
      return judge();
    nemesis_.stop();
    moves_.stop();
    auto calm = fault_options::calm();
    world_.config().set_options(calm.coordinator);
    world_.network().set_options(calm.network);
    for (auto& id : world_.machines())
      world_.disk(id).set_options(calm.disk);
    work_.set_pause(300ms);
    // Half of the time to heal, half to show it.
    if (!go_on(healing / 2))
      return judge();
    work_.probe_shards();
    go_on(healing / 2);
    work_.stop();
    return judge();
  }

  /// @returns false: something is wrong
  bool go_on(nanoseconds x) {
    auto end = world_.scheduler().now() + x;
    while (watch_.problem().empty() && world_.scheduler().run_one(end))
      ; // nop
    return watch_.problem().empty();
  }

  simulation_result judge() {
    simulation_result out;
    out.simulated = world_.scheduler().now();
    out.messages = actors_.handled_count();
    out.done = work_.count();
    out.faults = nemesis_.count();
    out.moves_ordered = moves_.ordered_count();
    out.handed_over = watch_.handed_over();
    out.pause_max = watch_.pause_max();
    for (auto& id : world_.machines()) {
      out.lost_writes += world_.disk(id).lost_count();
      out.slow_syncs += world_.disk(id).slow_count();
    }
    out.operations = work_.take_history();
    auto verdict = check(out.operations);
    out.definite_count = verdict.definite_count;
    out.problem = problem(verdict, out);
    return out;
  }

  std::string problem(const verdict& found, const simulation_result& x) const {
    if (!found)
      return std::string{to_string(found.found)} + ": " + found.explanation;
    if (!watch_.problem().empty())
      return watch_.problem();
    if (auto stuck = work_.unanswered_probes(); !stuck.empty())
      return "I17: " + std::to_string(stuck.size())
             + " shards take no write after the faults, one is "
             + std::to_string(stuck.begin()->value);
    if (x.definite_count < definite_min)
      return "only " + std::to_string(x.definite_count)
             + " definite operations";
    if (options_.with_faults && x.faults.sum() == 0)
      return "no fault happened";
    return {};
  }

  simulation_options options_;
  sim_random seeds_;
  nanoseconds moves_mean_;
  cluster_shape shape_;
  fault_options faults_;
  caf::actor_system_config config_;
  shard_watch watch_;
  sim_actors actors_;
  production_machine::host host_;
  sim_world world_;
  sim_nemesis nemesis_;
  workload work_;
  move_maker moves_;
};

} // namespace

simulation_result simulate(const simulation_options& options) {
  return run{options}.play();
}

} // namespace muster::sim
