// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/policy_work.hpp"

#include <algorithm>

namespace muster::sim {

namespace {

constexpr nanoseconds pause_max = 2s;
constexpr nanoseconds stays_max = 5s;
constexpr nanoseconds patience = 5s;
const std::vector<std::string> prefixes{"/", "/g", "/g/1", "/g/2", "/g/3"};

} // namespace

policy_work::policy_work(sim_world& world, policy_watch& watch,
                         sim_random random)
  : world_(world), watch_(watch), random_(std::move(random)) {
  // nop
}

void policy_work::begin() {
  again();
}

void policy_work::again() {
  world_.scheduler().after(random_.between(nanoseconds{0}, pause_max), [this] {
    if (stopped_)
      return;
    add_one();
    again();
  });
}

production_machine* policy_work::usable() {
  auto all = world_.machines();
  auto& id = all[random_.below(all.size())];
  if (!world_.is_up(id) || world_.is_paused(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

policy policy_work::draft() {
  policy out;
  out.name = "p" + std::to_string(++made_count_);
  out.prefix = prefixes[random_.below(prefixes.size())];
  out.reason = "audit";
  auto all = world_.machines();
  for (auto left = 1 + random_.below(2); left > 0; --left) {
    auto& id = all[random_.below(all.size())];
    if (std::find(out.machines.begin(), out.machines.end(), id)
        == out.machines.end())
      out.machines.push_back(id);
  }
  return out;
}

void policy_work::add_one() {
  auto m = usable();
  if (!m)
    return;
  auto made = draft();
  command x;
  x.operations.push_back(
    {operation_kind::put, policy_key(made.name), to_text(made)});
  auto& env = m->environment();
  auto sent = m->submit(
    std::move(x), {}, patience, [this, made, &env](const command_answer& y) {
      auto told = env.commands.find(y.id);
      if (y.what == outcome::committed && told) {
        std::vector<machine_id> members;
        for (auto& [id, member] : env.routing.view()->members)
          members.push_back(id);
        for (auto& id : unaware_of(*told, members))
          std::erase(members, id);
        ++added_count_;
        watch_.added(made, members);
      }
      auto stays = random_.between(nanoseconds{0}, stays_max);
      world_.scheduler().after(stays, [this, made] { remove(made.name); });
    });
  static_cast<void>(sent); // no command object is free: the next time
}

void policy_work::remove(const std::string& name) {
  auto m = usable();
  if (!m) {
    world_.scheduler().after(pause_max, [this, name] { remove(name); });
    return;
  }
  watch_.removing(name);
  command x;
  x.operations.push_back({operation_kind::erase, policy_key(name), {}});
  static_cast<void>(
    m->submit(std::move(x), {}, patience, [](const command_answer&) {}));
}

} // namespace muster::sim
