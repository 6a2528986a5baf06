// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/simulation.hpp"

#include "registry/assignment_text.hpp"
#include "registry/remote_watches.hpp"
#include "tests/simulation/allocation_work.hpp"
#include "tests/simulation/lease_pace.hpp"
#include "tests/simulation/move_maker.hpp"
#include "tests/simulation/policy_work.hpp"
#include "tests/simulation/session_work.hpp"
#include "tests/simulation/transaction_work.hpp"
#include "tests/simulation/watch_work.hpp"

#include <algorithm>
#include <optional>

namespace muster::sim {

namespace {

constexpr nanoseconds warm_up = 3s;
constexpr nanoseconds healing = 15s;
constexpr nanoseconds look_every = 250ms;
/// How much longer a run lasts for a fault that has not happened in time.
constexpr nanoseconds insist_max = 30s;
constexpr nanoseconds usual_pause_max = 15s;
/// What a watch is not told since it is of other keys moves its position when
/// it is asked for again, and a message may be lost once.
constexpr nanoseconds watch_lag_max = 2 * remote_watches::renew + 1s;
constexpr size_t definite_min = 500;
const std::string shard_keys = "/muster/sim/shards/";

enum label : uint64_t {
  shape_label = 101,
  fault_label,
  settle_label,
  nemesis_label,
  work_label,
  load_label,
  moves_label,
  transactions_label,
  watches_label,
  policies_label,
  keys_label,
  switches_label,
  sessions_label = 120,
  leases_label = 130,
  allocations_label = 140,
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

/// Most seeds give copies of what is read often. Memory is for few of them, and
/// a machine that mirrors everything would need none.
void draw_key_copies(sim_random random, cluster_shape& out) {
  if (!random.chance(600))
    return;
  auto count = 2 + random.below(30);
  out.key_copies.bytes_max = count * key_copies::cost_of("/g/10/k1", "v1000");
  out.key_copies.unread_writes_max = static_cast<uint32_t>(1 + random.below(4));
  out.interest.reads_to_grant = static_cast<uint32_t>(1 + random.below(2));
  out.interest.pairs_max = 4 + random.below(60);
  out.keys_max = 1 + random.below(24);
  if (random.chance(600))
    out.mirrors.erase(machine_id{"m4"});
}

/// In three of ten seeds some machines are switches, and others behind them.
void draw_switches(sim_random random, const simulation_options& options,
                   cluster_shape& out) {
  auto drawn = random.chance(300) && options.machine_count == 0;
  if (!options.with_switches.value_or(drawn))
    return;
  out.switch_count = static_cast<uint32_t>(1 + random.below(2));
  if (options.machine_count == 0)
    out.holding_count = std::max(out.holding_count,
                                 static_cast<uint32_t>(2 + random.below(2)));
  for (auto name : {"m6", "m7", "m8"})
    out.mirrors[machine_id{name}] = {"/"};
  for (uint32_t i = 1; i <= out.first_count(); ++i) {
    auto is_behind = random.chance(i > out.storing_count ? 850 : 300);
    auto which = 1 + random.below(out.switch_count);
    if (is_behind)
      out.behind[machine_id{"m" + std::to_string(i)}]
        = machine_id{"s" + std::to_string(which)};
  }
}

/// What the coordinator and the disks of a world have.
class world_truth final : public ground_truth {
public:
  explicit world_truth(sim_world& world) : world_(world) {
    // nop
  }

  std::optional<assignment> newest(shard_id shard) const override {
    auto number = std::to_string(shard.value);
    auto key = shard_keys + std::string(5 - number.size(), '0') + number;
    for (auto& x : world_.config().range_now(key).entries)
      if (auto found = parse_assignment(shard, x.value, epoch{x.mod_revision}))
        return *found;
    return std::nullopt;
  }

  std::optional<sequence> durable(const replica_ref& at,
                                  shard_id shard) const override {
    auto& disk = world_.disk(at.id);
    if (disk.id() != at.store || disk.damaged())
      return std::nullopt;
    auto found = disk.images().find(shard);
    return found == disk.images().end() ? sequence{} : found->second.last();
  }

private:
  sim_world& world_;
};

/// Everything of one run, in the order of its life.
struct run {
  explicit run(const simulation_options& options)
    : options_(options), seeds_(options.seed),
      moves_mean_(draw_moves(seeds_.fork(moves_label), options)),
      shape_(shape()), faults_(draw_faults()), actors_(config_),
      host_(actors_, watch_, shape_, seeds_.fork(settle_label)),
      world_(options.seed, faults_, host_, options.trace), truth_(world_),
      nemesis_(world_, faults_, seeds_.fork(nemesis_label)), load_(draw_load()),
      work_(world_, shape_, load_, seeds_.fork(work_label)),
      transactions_(world_, shape_, seeds_.fork(transactions_label)),
      sessions_(world_, shape_, seeds_.fork(sessions_label)),
      allocations_(world_, shape_, seeds_.fork(allocations_label)),
      watches_(world_, shape_, watch_.changes(), seeds_.fork(watches_label)),
      moves_(world_, shape_, moves_mean_, seeds_.fork(moves_label + 1)),
      policies_(world_, watch_.policies(), seeds_.fork(policies_label)) {
    watch_.trust(truth_);
    watch_.policies().use_clock([this] { return world_.scheduler().now(); });
    watch_.know_racks(shape_.behind);
  }

  cluster_shape shape() const {
    auto out = draw_shape(seeds_.fork(shape_label), options_.machine_count);
    if (moves_mean_ > nanoseconds{0})
      draw_places(seeds_.fork(moves_label + 2), options_.machine_count, out);
    draw_key_copies(seeds_.fork(keys_label), out);
    draw_switches(seeds_.fork(switches_label), options_, out);
    draw_lease_pace(seeds_.fork(leases_label), out);
    return out;
  }

  workload_options draw_load() const {
    workload_options out;
    auto clients = out.clients_per_machine
                   * (shape_.storing_count + shape_.holding_count);
    if (options_.rate != 0)
      out.pause = nanoseconds{1s} * static_cast<int64_t>(clients)
                  / options_.rate;
    auto random = seeds_.fork(load_label);
    if (options_.with_faults && random.chance(400))
      out.mirror_permille = static_cast<unsigned>(1 + random.below(60));
    if (random.chance(600))
      out.several_permille = static_cast<unsigned>(1 + random.below(400));
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

  /// A machine has clients from now on.
  void begin_at(const machine_id& id) {
    work_.begin_at(id);
    if (load_.several_permille > 0)
      transactions_.begin_at(id);
    if (with_sessions_)
      sessions_.begin_at(id);
    if (with_allocations_)
      allocations_.begin_at(id);
  }

  simulation_result play() {
    for (uint32_t i = 1; i <= shape_.storing_count + shape_.holding_count; ++i)
      world_.add_machine(machine_id{"m" + std::to_string(i)});
    for (uint32_t i = 1; i <= shape_.switch_count; ++i)
      world_.add_machine(machine_id{"s" + std::to_string(i)});
    for (auto& id : world_.machines()) {
      world_.start(id);
      begin_at(id);
    }
    look_again();
    if (!go_on(warm_up))
      return judge();
    moves_.begin();
    // Half of all seeds.
    auto random = seeds_.fork(watches_label + 1);
    if (random.chance(500))
      watches_.begin(1 + random.below(3));
    // A quarter of all seeds.
    if (options_.with_policies.value_or(
          seeds_.fork(policies_label + 1).chance(250)))
      policies_.begin();
    if (options_.script)
      options_.script(world_);
    if (!bear_faults())
      return judge();
    nemesis_.stop();
    transactions_.stop();
    sessions_.stop();
    allocations_.stop();
    watches_.settle();
    moves_.stop();
    policies_.stop();
    calm_ports();
    mirror_again();
    found_before_ = watch_.copies_found();
    behind_before_ = watch_.copies_behind_found();
    work_.set_pause(300ms);
    // Half of the time to heal, half to show it.
    if (!go_on(healing / 2))
      return judge();
    work_.probe_shards();
    if (!go_on(healing / 2))
      return judge();
    work_.stop();
    left_ = unhealed();
    // A record may just be on its way.
    for (int i = 0; i < 10 && !sessions_.judge_presence().empty(); ++i)
      go_on(500ms);
    if (left_.empty())
      left_ = sessions_.judge_presence();
    // From now on nothing changes.
    for (auto& id : world_.machines())
      if (auto m = dynamic_cast<production_machine*>(world_.machine(id)))
        m->say_farewell();
    // Longer than the deadline of any command.
    go_on(8s - watch_lag_max);
    settled_ = watch_.committed();
    go_on(watch_lag_max);
    if (left_.empty())
      left_ = leaked();
    return judge();
  }

  /// @returns false: something is wrong
  bool bear_faults() {
    auto wait = options_.faults_for - warm_up;
    auto insist_for = insist_max;
    if (!options_.with_faults)
      return go_on(wait);
    // The longest pauses need time to end.
    if (faults_.nemesis.pause_max > usual_pause_max) {
      wait += faults_.nemesis.pause_max;
      insist_for += faults_.nemesis.pause_max;
    }
    nemesis_.begin([this](const machine_id& id) { begin_at(id); });
    if (!go_on(wait / 2))
      return false;
    nemesis_.insist();
    if (!go_on(wait / 2))
      return false;
    if (nemesis_.never_bit().empty())
      return true;
    nemesis_.only_what_is_missing();
    calm_ports();
    for (nanoseconds more{}; more < insist_for && !nemesis_.never_bit().empty();
         more += 1s)
      if (!go_on(1s))
        return false;
    return true;
  }

  /// What clients have let go: at the end copies serve, whatever came before.
  void mirror_again() {
    for (auto& id : world_.machines()) {
      auto mirrors = shape_.mirrors.find(id);
      auto m = dynamic_cast<production_machine*>(world_.machine(id));
      if (m && m->ready() && mirrors != shape_.mirrors.end())
        for (auto& prefix : mirrors->second)
          m->mirror(prefix, true);
    }
  }

  /// No slow packets, syncs and answers any more.
  void calm_ports() {
    auto calm = fault_options::calm();
    world_.config().set_options(calm.coordinator);
    world_.network().set_options(calm.network);
    for (auto& id : world_.machines())
      world_.disk(id).set_options(calm.disk);
  }

  /// I16, from time to time.
  void look_again() {
    world_.scheduler().after(look_every, [this] {
      watch_.look_at_copies(keys_);
      look_again();
    });
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
    out.copies_found = watch_.copies_found();
    out.key_copies = host_.key_copies();
    out.copies_behind_found = watch_.copies_behind_found();
    out.aborted_parts = watch_.parts().aborted_count();
    out.transactions = transactions_.committed_count();
    out.sessions_ended = sessions_.ended_count();
    out.placed = allocations_.placed_count();
    out.placing_races = allocations_.lost_count();
    out.policies_added = policies_.added_count();
    out.policy_commits = watch_.policies().checked_count();
    out.watched = watches_.told_count();
    out.watches_resumed = watches_.resumed_count();
    out.watches_compacted = watches_.compacted_count();
    for (auto& id : world_.machines()) {
      out.lost_writes += world_.disk(id).lost_count();
      out.slow_syncs += world_.disk(id).slow_count();
    }
    out.repeated_packets = world_.network().count().repeated;
    out.operations = work_.take_history(watch_.parts());
    auto verdict = check(out.operations);
    out.definite_count = verdict.definite_count;
    out.problem = problem(verdict, out);
    return out;
  }

  /// I17: what is left of the faults; empty = nothing.
  std::string unhealed() const {
    if (auto stuck = work_.unanswered_probes(); !stuck.empty())
      return std::to_string(stuck.size())
             + " shards take no write after the faults, one is "
             + std::to_string(stuck.begin()->value);
    for (auto& id : world_.machines()) {
      auto m = dynamic_cast<production_machine*>(world_.machine(id));
      if (!m || !m->ready())
        return id.value + " does not serve";
    }
    for (uint32_t i = 0; i < shape_.shard_count; ++i) {
      auto x = truth_.newest(shard_id{i});
      if (!x || x->in_sync.size() < shape_.replication)
        return "shard " + std::to_string(i) + " has "
               + std::to_string(x ? x->in_sync.size() : 0) + " replicas";
    }
    return {};
  }

  /// I17: what nobody will ever finish; empty = nothing.
  std::string leaked() const {
    for (auto& id : world_.machines()) {
      auto m = dynamic_cast<production_machine*>(world_.machine(id));
      if (auto count = m->open_count(); count > 0)
        return id.value + " has " + std::to_string(count)
               + " questions without an answer";
    }
    for (uint32_t i = 0; i < shape_.shard_count; ++i) {
      auto x = truth_.newest(shard_id{i});
      if (!x->learners.empty())
        return "shard " + std::to_string(i) + " still has learner "
               + x->learners.front().id.value;
    }
    return watch_.unfinished_part();
  }

  std::string problem(const verdict& found, const simulation_result& x) const {
    if (!found)
      return std::string{to_string(found.found)} + ": " + found.explanation;
    if (!watch_.problem().empty())
      return watch_.problem();
    if (!left_.empty())
      return "I17: " + left_;
    if (!work_.problem().empty())
      return work_.problem();
    if (auto wrong = transactions_.judge(); !wrong.empty())
      return wrong;
    if (auto wrong = sessions_.judge(); !wrong.empty())
      return wrong;
    if (auto wrong = allocations_.judge(); !wrong.empty())
      return wrong;
    if (auto wrong = watches_.judge(settled_); !wrong.empty())
      return wrong;
    if (auto missing = watch_.parts().missing(); !missing.empty())
      return missing;
    if (x.definite_count < definite_min)
      return "only " + std::to_string(x.definite_count)
             + " definite operations";
    if (x.copies_found == found_before_ && shape_.has_holder(world_.machines()))
      return "I16, I17: no copy was seen to serve after the faults";
    if (faults_.network.repeat_permille > 0 && x.repeated_packets == 0)
      return "of these faults none happened: repeated packets";
    if (x.copies_behind_found == behind_before_
        && shape_.has_rack(world_.machines()))
      return "3.8: no copy of a switch was seen to serve after the faults";
    if (auto never = nemesis_.never_bit();
        options_.with_faults && !never.empty())
      return "of these faults none happened: " + std::string{never.front()};
    return {};
  }

  simulation_options options_;
  sim_random seeds_;
  nanoseconds moves_mean_;
  cluster_shape shape_;
  fault_options faults_;
  caf::actor_system_config config_;
  shard_watch watch_;
  /// Committed so long before the end that every watch must know of it.
  std::map<shard_id, sequence> settled_;
  sim_actors actors_;
  production_machine::host host_;
  sim_world world_;
  world_truth truth_;
  sim_nemesis nemesis_;
  workload_options load_;
  workload work_;
  transaction_work transactions_;
  session_work sessions_;
  /// Half of all seeds.
  bool with_sessions_ = seeds_.fork(sessions_label + 1).chance(500);
  allocation_work allocations_;
  /// A quarter of all seeds.
  bool with_allocations_ = seeds_.fork(allocations_label + 1).chance(250);
  watch_work watches_;
  move_maker moves_;
  policy_work policies_;
  std::map<shard_id, std::vector<std::string>> keys_ = work_.all_keys();
  std::string left_;
  size_t found_before_ = 0; // copies, until the faults ended
  size_t behind_before_ = 0; // those of them that switches had granted
};

} // namespace

simulation_result simulate(const simulation_options& options) {
  return run{options}.play();
}

} // namespace muster::sim
