// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"
#include "tests/simulation/message_text.hpp"
#include "tests/simulation/sim_nemesis.hpp"

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
  ++count_[fault::crash];
  count_[fault::power_loss] += power_loss;
  world_.crash(id, power_loss);
  // Back before any lease is over (T5), and perhaps where its primary cannot
  // hear of it.
  auto quick = random_.chance(options_.quick_restart_permille);
  if (quick && random_.chance(500))
    cut_one_from(id);
  start_later(id, quick ? options_.quick_restart_max : options_.down_max);
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
  auto bitten = count_[fault::crash_point] > 0;
  if (stopped_ || (only_missing_ && bitten) || !may_take_down(id))
    return;
  ++count_[fault::crash_point];
  world_.crash(id, random_.chance(options_.power_loss_permille));
  auto quick = random_.chance(options_.quick_restart_permille);
  start_later(id, quick ? options_.quick_restart_max : options_.down_max);
}

void sim_nemesis::restart_soon(const machine_id& id) {
  if (!may_take_down(id))
    return;
  ++count_[fault::crash];
  world_.crash(id, false);
  start_later(id, options_.quick_restart_max);
}

void sim_nemesis::pause_one() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  ++count_[fault::pause];
  world_.pause(id);
  mend_later(options_.pause_max, [this, id] { world_.resume(id); });
}

/// Acknowledged writes survive only while one in-sync disk does: at most one
/// disk a run, and only while all three are in sync everywhere, so that a swap
/// under way takes no second one.
bool sim_nemesis::may_lose_disk() const {
  if (count_[fault::wipe] + count_[fault::damage] + count_[fault::given_up] > 0)
    return false;
  auto shards = world_.config().range_now(shard_keys).entries;
  return std::all_of(shards.begin(), shards.end(), [](auto& x) {
    auto found = parse_assignment(shard_id{}, x.value, epoch{x.mod_revision});
    return found && found->in_sync.size() >= 3;
  });
}

bool sim_nemesis::may_wipe(const machine_id& id) const {
  return may_take_down(id) && may_lose_disk();
}

void sim_nemesis::wipe_one() {
  auto id = some_machine();
  if (!may_wipe(id))
    return;
  ++count_[fault::wipe];
  world_.crash(id);
  world_.disk(id).wipe();
  start_later(id, options_.down_max);
}

/// The machine finds it at its next start, and begins with a new store.
void sim_nemesis::damage_one() {
  auto id = some_machine();
  if (!may_wipe(id) || world_.disk(id).images().empty())
    return;
  ++count_[fault::damage];
  world_.crash(id);
  auto& images = world_.disk(id).images();
  auto which = images.begin();
  std::advance(which, random_.below(images.size()));
  world_.disk(id).damage(which->first);
  start_later(id, options_.down_max);
}

/// The process ends soon after its store has failed, as `musterd` does; the
/// disk works again then.
void sim_nemesis::fail_disk() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  auto wait = random_.between(nanoseconds{0}, options_.failed_disk_max);
  world_.disk(id).fail([this, id, wait] {
    ++count_[fault::disk_error];
    if (options_.disk_error_gives_up && may_lose_disk()) {
      ++count_[fault::given_up];
      world_.disk(id).give_up();
    }
    auto starts = world_.start_count(id);
    world_.scheduler().after(wait, [this, id, starts] {
      if (!world_.is_up(id) || world_.start_count(id) != starts)
        return;
      world_.crash(id);
      if (stopped_)
        return world_.start(id);
      start_later(id, options_.down_max);
    });
  });
}

void sim_nemesis::fill_disk() {
  auto id = some_machine();
  if (!may_take_down(id))
    return;
  ++count_[fault::full_disk];
  world_.disk(id).set_full(true);
  mend_later(options_.disk_full_max, [this, id] { world_.disk(id).mend(); });
}

void sim_nemesis::start_later(const machine_id& id, nanoseconds longest) {
  mend_later(longest, [this, id] {
    if (!world_.is_up(id) && !world_.is_retired(id))
      world_.start(id);
  });
}

/// One machine after the other, as an upgrade does it.
void sim_nemesis::roll() {
  if (!std::exchange(rolling_, true))
    roll_on(world_.machines(), 0);
}

void sim_nemesis::roll_on(std::vector<machine_id> left, size_t rolled) {
  if (left.empty()) {
    rolling_ = false;
    return;
  }
  auto id = left.back();
  left.pop_back();
  if (may_take_down(id)) {
    world_.crash(id);
    start_later(id, options_.roll_down_max);
    // From the second one on it is one, whether or not the run sees its end.
    count_[fault::rolling_restart] += ++rolled == 2;
  }
  later(random_.between(options_.roll_down_max, options_.roll_step_max),
        [this, rolled, left = std::move(left)] { roll_on(left, rolled); });
}

} // namespace muster::sim
