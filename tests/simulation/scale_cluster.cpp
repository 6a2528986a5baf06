// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_cluster.hpp"

#include "registry/assignment_text.hpp"
#include "registry/key.hpp"

#include <algorithm>
#include <cassert>

namespace muster::sim {

namespace {

constexpr uint32_t storing_count = 3;
/// Commands of one machine in flight: its own and those that are measured.
constexpr size_t commands_max = 8;
constexpr nanoseconds boot_patience = 60s;
/// Until the first idle leases were renewed and every session is open.
constexpr nanoseconds calm_down = 6s;
constexpr nanoseconds hold_patience = 20s;
constexpr nanoseconds write_patience = 20s;
/// After an answer: validations, and a commit that no other entry carries.
constexpr nanoseconds after_answer = 300ms;
const std::string shard_keys = "/muster/sim/shards/";
const std::string members_keys = "/muster/sim/members/";

enum label : uint64_t { settle_label = 201 };

machine_id numbered(char kind, uint32_t number) {
  return machine_id{kind + std::to_string(number)};
}

} // namespace

scale_cluster::scale_cluster(const scale_options& options)
  : options_(options), seeds_(options.seed), prefix_("/scale/record"),
    key_(prefix_ + "/value"), shard_(shard_of(key_, options.shards)),
    newcomer_(numbered('m', options.machines + 1)), actors_(config_),
    host_(actors_, watch_, shape_of(options), seeds_.fork(settle_label)),
    world_(options.seed, calm(options), host_), meter_(world_.scheduler()) {
  assert(options.machines > storing_count);
  for (auto i = storing_count + 1; i <= options.machines; ++i)
    candidates_.push_back(numbered('m', i));
  world_.network().watch(&meter_);
  watch_.know_racks(host_.shape().behind);
}

cluster_shape scale_cluster::shape_of(const scale_options& options) {
  cluster_shape out;
  out.shard_count = options.shards;
  out.storing_count = storing_count;
  out.holding_count = options.machines - storing_count;
  out.switch_count = options.switches;
  out.commands_max = commands_max;
  auto newcomer = options.machines + 1;
  for (auto i = storing_count + 1; i <= newcomer && options.switches > 0; ++i)
    out.behind[numbered('m', i)]
      = numbered('s', 1 + (i - storing_count - 1) % options.switches);
  out.mirrors[numbered('m', newcomer)] = {"/scale/record"};
  auto idle = options.idle_renewals;
  out.adjust = [idle](machine_facts& x) {
    machine_facts production;
    // The simulator's own are small, for more to happen in a run.
    x.shard.checkpoint_entries = production.shard.checkpoint_entries;
    x.shard.window_bytes = production.shard.window_bytes;
    x.shard.watch_bytes_max = production.shard.watch_bytes_max;
    x.copies.granter = production.copies.granter;
    if (idle > 0)
      x.shard.lease.idle_renewals = idle;
  };
  return out;
}

fault_options scale_cluster::calm(const scale_options& options) {
  auto out = fault_options::calm();
  out.network.delay_min = options.delay;
  out.network.delay_max = options.delay + options.jitter;
  out.network.packet_cost = options.packet_cost;
  // All register at the same time, so nobody reads a dozen lists on the way.
  out.coordinator.delay_min = 1ms;
  out.coordinator.delay_max = 1200us;
  out.disk.sync_min = options.sync;
  out.disk.sync_max = options.sync + options.sync / 2;
  return out;
}

production_machine* scale_cluster::machine(const machine_id& id) const {
  if (!world_.is_up(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

bool scale_cluster::is_ready(const machine_id& id) const {
  return machine(id) != nullptr;
}

machine_id scale_cluster::home() {
  auto number = std::to_string(shard_.value);
  auto key = shard_keys + std::string(5 - number.size(), '0') + number;
  for (auto& x : world_.config().range_now(key).entries)
    if (auto a = parse_assignment(shard_, x.value, epoch{x.mod_revision}))
      return a->primary;
  return {};
}

void scale_cluster::run_for(nanoseconds x) {
  world_.run_until(world_.scheduler().now() + x);
}

std::optional<nanoseconds>
scale_cluster::wait_for(nanoseconds patience,
                        const std::function<bool()>& done) {
  auto begun = world_.scheduler().now();
  while (!done()) {
    if (world_.scheduler().now() - begun >= patience)
      return std::nullopt;
    run_for(1ms);
  }
  return world_.scheduler().now() - begun;
}

std::string scale_cluster::problem() const {
  return wrong_.empty() ? watch_.problem() : wrong_;
}

// -- the cluster --------------------------------------------------------------

std::string scale_cluster::boot() {
  std::vector<machine_id> all;
  for (uint32_t i = 1; i <= options_.switches; ++i)
    all.push_back(numbered('s', i));
  for (uint32_t i = 1; i <= options_.machines; ++i)
    all.push_back(numbered('m', i));
  for (auto& id : all)
    world_.add_machine(id);
  for (auto& id : all)
    world_.start(id);
  auto ready = [&] {
    return std::all_of(all.begin(), all.end(),
                       [&](auto& id) { return is_ready(id); })
           && home() != machine_id{};
  };
  if (!wait_for(boot_patience, ready))
    return "not all machines were ready after 60 s";
  // Everybody is connected with everybody, and present.
  run_for(calm_down);
  for (int i = 0; i < 10; ++i)
    if (write(candidates_.front()))
      return problem();
  return "no write was committed after the start: " + problem();
}

bool scale_cluster::serves(const machine_id& id) const {
  auto m = machine(id);
  if (!m)
    return false;
  std::string value;
  sequence version;
  auto kind = m->table().copy_to(shard_, key_, value, version).kind;
  return kind == read_kind::served && version >= newest_;
}

size_t scale_cluster::serving_count(const std::vector<machine_id>& of) const {
  return static_cast<size_t>(
    std::count_if(of.begin(), of.end(), [&](auto& id) { return serves(id); }));
}

size_t scale_cluster::granted_by(const machine_id& granter,
                                 const std::vector<machine_id>& of) const {
  auto holders = watch_.holders_at(granter, shard_, key_);
  return static_cast<size_t>(
    std::count_if(holders.begin(), holders.end(), [&](auto& holder) {
      return std::find(of.begin(), of.end(), holder.id) != of.end();
    }));
}

std::string scale_cluster::hold(size_t count) {
  assert(count <= candidates_.size());
  for (; held_ < count; ++held_)
    if (auto m = machine(candidates_[held_]))
      m->mirror(prefix_, true);
  std::vector<machine_id> holders{candidates_.begin(),
                                  candidates_.begin()
                                    + static_cast<std::ptrdiff_t>(count)};
  auto all = [&] { return serving_count(holders) == count; };
  if (!wait_for(hold_patience, all))
    return std::to_string(count - serving_count(holders)) + " of "
           + std::to_string(count) + " machines do not serve the record";
  watch_.look_at_copies({{shard_, {key_}}}); // I16
  return problem();
}

// -- writes -------------------------------------------------------------------

machine_id scale_cluster::origin_for(size_t number) const {
  // Spread over the candidates, holders or not.
  auto step = candidates_.size() / options_.writes + 1;
  return candidates_[number * step % candidates_.size()];
}

void scale_cluster::submit(const machine_id& origin, command x) {
  world_.scheduler().after(nanoseconds{0}, [this, origin, x = std::move(x)] {
    auto done = [this](const command_answer& answer) {
      answer_ = answer;
      answered_at_ = world_.scheduler().now();
    };
    if (!machine(origin)->submit(x, sequence{}, write_patience, done))
      wrong_ = origin.value + " has no command object free";
  });
}

std::optional<write_cost> scale_cluster::write(const machine_id& origin) {
  answer_.reset();
  auto m = machine(origin);
  if (!m) {
    wrong_ = origin.value + " is not ready to write";
    return std::nullopt;
  }
  command x;
  x.id = m->environment().next_command_id();
  auto value = std::to_string(++written_);
  value.resize(std::max(value.size(), options_.value_bytes), '.');
  x.operations.push_back({operation_kind::put, key_, std::move(value)});
  write_name name{x.id, shard_, {}};
  meter_.begin();
  auto submitted = world_.scheduler().now();
  submit(origin, std::move(x));
  if (!wait_for(write_patience + 1s, [&] { return answer_.has_value(); })) {
    wrong_ = "a write was not answered";
    return std::nullopt;
  }
  run_for(after_answer);
  meter_.stop();
  if (answer_->what != outcome::committed) {
    wrong_ = "a write was not committed: " + answer_->detail;
    return std::nullopt;
  }
  wrong_.clear();
  newest_ = name.at = answer_->version;
  return cost_of(meter_, name, home(), submitted, answered_at_);
}

} // namespace muster::sim
