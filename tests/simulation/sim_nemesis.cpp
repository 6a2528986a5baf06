// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_nemesis.hpp"

#include "registry/assignment_text.hpp"
#include "tests/simulation/message_text.hpp"

#include <algorithm>
#include <array>
#include <iterator>

namespace muster::sim {

namespace {

const std::string shard_keys = "/muster/sim/shards/";

/// Steps at which a process may die: what it does with the disk and with the
/// coordinator, and events; each message that it received and worked on too.
constexpr std::array steps{
  "sync_begun",       "sync_done",      "txn_asked",        "txn_applied",
  "registered",       "acting",         "backup_added",     "backup_dropped",
  "takeover_started", "fence_complete", "handover_started", "handed_over"};

std::string some_crash_point(sim_random& random) {
  auto messages = message_names();
  auto i = random.below(steps.size() + messages.size());
  return i < steps.size() ? steps[i] : messages[i - steps.size()];
}

} // namespace

sim_nemesis::sim_nemesis(sim_world& world, const fault_options& faults,
                         sim_random random)
  : world_(world), options_(faults.nemesis),
    clock_rate_ppm_max_(faults.clock_rate_ppm_max), random_(random) {
  // nop
}

void sim_nemesis::begin() {
  repeat(options_.crash_mean, &sim_nemesis::crash_one);
  repeat(options_.crash_point_mean, &sim_nemesis::arm_crash_point);
  repeat(options_.pause_mean, &sim_nemesis::pause_one);
  repeat(options_.cut_mean, &sim_nemesis::cut_one);
  repeat(options_.reset_mean, &sim_nemesis::reset_one);
  repeat(options_.coordinator_away_mean, &sim_nemesis::take_coordinator_away);
  repeat(options_.clock_change_mean, &sim_nemesis::change_clock);
  repeat(options_.wipe_mean, &sim_nemesis::wipe_one);
  repeat(options_.partition_mean, &sim_nemesis::partition);
  repeat(options_.disk_error_mean, &sim_nemesis::fail_disk);
  repeat(options_.disk_full_mean, &sim_nemesis::fill_disk);
  repeat(options_.damage_mean, &sim_nemesis::damage_one);
}

void sim_nemesis::ensure_fault() {
  if (count_.sum() == 0)
    crash_one();
}

void sim_nemesis::stop() {
  stopped_ = true;
  world_.trace().line("world", "faults_over", "");
  world_.network().heal_all();
  world_.config().reconnect_all();
  for (const auto& id : world_.machines()) {
    world_.resume(id);
    world_.disk(id).mend();
    if (!world_.is_up(id))
      world_.start(id);
  }
}

void sim_nemesis::repeat(nanoseconds mean, fault what) {
  if (mean == nanoseconds{0})
    return;
  auto wait = random_.between(nanoseconds{0}, 2 * mean);
  world_.scheduler().after(wait, [this, mean, what] {
    if (stopped_)
      return;
    (this->*what)();
    repeat(mean, what);
  });
}

void sim_nemesis::mend_later(nanoseconds longest, std::function<void()> x) {
  auto wait = random_.between(nanoseconds{0}, longest);
  world_.scheduler().after(wait, [this, x = std::move(x)] {
    if (!stopped_)
      x();
  });
}

machine_id sim_nemesis::some_machine() {
  auto all = world_.machines();
  return all[random_.below(all.size())];
}

/// @pre there are two machines
std::pair<machine_id, machine_id> sim_nemesis::some_pair() {
  auto all = world_.machines();
  auto i = random_.below(all.size());
  auto j = (i + 1 + random_.below(all.size() - 1)) % all.size();
  return {all[i], all[j]};
}

bool sim_nemesis::may_take_down(const machine_id& id) const {
  size_t down_count = 0;
  for (const auto& x : world_.machines())
    if (!world_.is_up(x) || world_.is_paused(x))
      ++down_count;
  return down_count < options_.down_count_max && world_.is_up(id)
         && !world_.is_paused(id);
}

void sim_nemesis::crash_one() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  bool power_loss = random_.chance(options_.power_loss_permille);
  ++(power_loss ? count_.power_losses : count_.crashes);
  world_.crash(id, power_loss);
  // Back before any lease is over (T5), and perhaps where its primary cannot
  // hear of it.
  auto quick = random_.chance(options_.quick_restart_permille);
  if (quick && random_.chance(500))
    cut_one_from(id);
  mend_later(quick ? options_.quick_restart_max : options_.down_max,
             [this, id] {
               if (!world_.is_up(id))
                 world_.start(id);
             });
}

void sim_nemesis::arm_crash_point() {
  auto name = some_crash_point(random_);
  // Rare steps are met at once or never, frequent ones anywhere.
  auto skip = random_.chance(500) ? 0 : random_.below(20);
  world_.trace().arm(name, skip, [this](const machine_id& id) {
    world_.scheduler().after(nanoseconds{0},
                             [this, id] { crash_at_point(id); });
  });
}

void sim_nemesis::crash_at_point(const machine_id& id) {
  if (stopped_ || !may_take_down(id))
    return;
  ++count_.crash_points;
  world_.crash(id, random_.chance(options_.power_loss_permille));
  auto quick = random_.chance(options_.quick_restart_permille);
  mend_later(quick ? options_.quick_restart_max : options_.down_max,
             [this, id] {
               if (!world_.is_up(id))
                 world_.start(id);
             });
}

void sim_nemesis::restart_soon(const machine_id& id) {
  if (!may_take_down(id))
    return;
  ++count_.crashes;
  world_.crash(id, false);
  mend_later(options_.quick_restart_max, [this, id] {
    if (!world_.is_up(id))
      world_.start(id);
  });
}

void sim_nemesis::pause_one() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  ++count_.pauses;
  world_.pause(id);
  mend_later(options_.pause_max, [this, id] { world_.resume(id); });
}

void sim_nemesis::cut_one() {
  if (world_.machines().size() < 2)
    return;
  ++count_.cuts;
  if (random_.chance(options_.isolate_permille)) {
    auto id = some_machine();
    world_.isolate(id);
    mend_later(options_.cut_max, [this, id] { world_.rejoin(id); });
    return;
  }
  auto [from, to] = some_pair();
  cut_pair(from, to);
}

void sim_nemesis::cut_one_from(const machine_id& id) {
  auto other = some_machine();
  if (other == id)
    return;
  ++count_.cuts;
  cut_pair(id, other);
}

void sim_nemesis::cut_pair(const machine_id& from, const machine_id& to) {
  bool both = !random_.chance(options_.one_way_permille);
  world_.network().cut(from, to);
  if (both)
    world_.network().cut(to, from);
  mend_later(options_.cut_max, [this, x = from, y = to] {
    world_.network().heal(x, y);
    world_.network().heal(y, x);
  });
}

void sim_nemesis::partition() {
  std::vector<machine_id> alone;
  std::vector<machine_id> others;
  for (const auto& id : world_.machines())
    (random_.chance(400) ? alone : others).push_back(id);
  if (alone.empty() || others.empty())
    return;
  ++count_.partitions;
  auto each_pair = [this, alone, others](auto act) {
    for (const auto& x : alone)
      for (const auto& y : others) {
        act(x, y);
        act(y, x);
      }
  };
  each_pair([this](auto& x, auto& y) { world_.network().cut(x, y); });
  for (const auto& id : alone)
    world_.config().cut(id);
  // What it granted to those on the other side counts all the same (T5).
  if (random_.chance(options_.quick_restart_permille))
    restart_soon(others[random_.below(others.size())]);
  mend_later(options_.partition_max, [this, alone, each_pair] {
    each_pair([this](auto& x, auto& y) { world_.network().heal(x, y); });
    for (const auto& id : alone)
      world_.config().reconnect(id);
  });
}

void sim_nemesis::reset_one() {
  if (world_.machines().size() < 2)
    return;
  ++count_.resets;
  auto [from, to] = some_pair();
  world_.network().reset(from, to);
}

void sim_nemesis::take_coordinator_away() {
  ++count_.coordinator_away;
  if (random_.chance(500)) {
    world_.config().set_available(false);
    mend_later(options_.coordinator_away_max,
               [this] { world_.config().set_available(true); });
    return;
  }
  auto id = some_machine();
  world_.config().cut(id);
  mend_later(options_.coordinator_away_max,
             [this, id] { world_.config().reconnect(id); });
}

void sim_nemesis::change_clock() {
  ++count_.clock_changes;
  auto width = static_cast<uint64_t>(2 * clock_rate_ppm_max_ + 1);
  auto ppm = static_cast<int64_t>(random_.below(width)) - clock_rate_ppm_max_;
  world_.clock(some_machine()).set_rate(ppm);
}

/// Acknowledged writes survive only while one in-sync disk does: at most one
/// disk a run, and only while all three are in sync everywhere, so that a swap
/// under way takes no second one.
bool sim_nemesis::may_wipe(const machine_id& id) const {
  if (count_.wipes + count_.damages > 0 || !may_take_down(id))
    return false;
  auto shards = world_.config().range_now(shard_keys).entries;
  return std::all_of(shards.begin(), shards.end(), [](auto& x) {
    auto found = parse_assignment(shard_id{}, x.value, epoch{x.mod_revision});
    return found && found->in_sync.size() >= 3;
  });
}

void sim_nemesis::wipe_one() {
  auto id = some_machine();
  if (!may_wipe(id))
    return;
  ++count_.wipes;
  world_.crash(id);
  world_.disk(id).wipe();
  mend_later(options_.down_max, [this, id] {
    if (!world_.is_up(id))
      world_.start(id);
  });
}

/// The machine finds it at its next start, and begins with a new store.
void sim_nemesis::damage_one() {
  auto id = some_machine();
  if (!may_wipe(id) || world_.disk(id).images().empty())
    return;
  ++count_.damages;
  world_.crash(id);
  auto& images = world_.disk(id).images();
  auto which = images.begin();
  std::advance(which, random_.below(images.size()));
  world_.disk(id).damage(which->first);
  mend_later(options_.down_max, [this, id] {
    if (!world_.is_up(id))
      world_.start(id);
  });
}

/// The process ends soon after its store has failed, as `musterd` does; the
/// disk works again then.
void sim_nemesis::fail_disk() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  auto wait = random_.between(nanoseconds{0}, options_.failed_disk_max);
  world_.disk(id).fail([this, id, wait] {
    ++count_.disk_errors;
    auto starts = world_.start_count(id);
    world_.scheduler().after(wait, [this, id, starts] {
      if (!world_.is_up(id) || world_.start_count(id) != starts)
        return;
      world_.crash(id);
      if (stopped_)
        return world_.start(id);
      mend_later(options_.down_max, [this, id] {
        if (!world_.is_up(id))
          world_.start(id);
      });
    });
  });
}

void sim_nemesis::fill_disk() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  ++count_.full_disks;
  world_.disk(id).set_full(true);
  mend_later(options_.disk_full_max, [this, id] { world_.disk(id).mend(); });
}

} // namespace muster::sim
