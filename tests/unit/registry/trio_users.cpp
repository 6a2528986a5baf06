// SPDX-License-Identifier: Apache-2.0

// What users and operators do in a `trio`, and their commands.

#include "tests/unit/registry/trio.hpp"

namespace muster::test {

namespace {

command with_guard(command x, guard_kind kind, const std::string& key) {
  guard g;
  g.kind = kind;
  g.key = key;
  x.guards.push_back(std::move(g));
  return x;
}

} // namespace

command put_command(const std::string& id, const std::string& key,
                    const std::string& value) {
  operation op;
  op.key = key;
  op.value = value;
  return command{command_id{id}, {}, {op}};
}

command erase_command(const std::string& id, const std::string& key) {
  operation op;
  op.kind = operation_kind::erase;
  op.key = key;
  return command{command_id{id}, {}, {op}};
}

command create_command(const std::string& id, const std::string& key,
                       const std::string& value) {
  return with_guard(put_command(id, key, value), guard_kind::absent, key);
}

uint64_t trio::submit(size_t origin, const command& x, uint32_t attempt,
                      sequence born) {
  auto slot = next_slot_++;
  origins_[slot] = origin;
  for (auto& op : x.operations)
    keys_[slot].push_back(op.key);
  send(origin, assigned_.primary,
       muster::submit{only_shard, slot, x, attempt, born});
  return slot;
}

void trio::prepare_part(const part_prepare& x) {
  auto i = primary();
  REQUIRE(i);
  with_agent(*i, [&](auto& a, auto& out) {
    a.on_part(peer{machine_id{"far"}, incarnation{1}}, x, out);
  });
  drain();
}

const verdict* trio::find_verdict(uint64_t slot) const {
  auto& all = machines_[origins_.at(slot)].verdicts;
  auto i = all.find(slot);
  return i == all.end() ? nullptr : &i->second;
}

std::string trio::write(size_t origin, const command& x, uint32_t attempt) {
  auto slot = submit(origin, x, attempt);
  run_until([&] { return find_verdict(slot) != nullptr; });
  auto found = find_verdict(slot);
  return found ? to_string(found->what) : "no answer";
}

std::string trio::put(const std::string& key, const std::string& value) {
  return write(0, put_command("c" + std::to_string(next_slot_), key, value));
}

std::string trio::read(size_t i, const std::string& key) const {
  auto found = machines_[i].table.read(key, now_);
  if (!found)
    return "silent";
  return found->absent ? "absent" : found->value;
}

void trio::ask_home(size_t i, size_t home, const std::string& key) {
  send(i, machines_[home].self.id, read_request{1, only_shard, key});
}

void trio::pin(size_t i, const std::string& prefix) {
  with_copies(i,
              [&](auto& x, auto& out) { REQUIRE(x.pin(prefix, now_, out)); });
}

move_order trio::make_order(int joining, int home, int leaving) {
  auto name = [&](int i) {
    return i < 0 ? machine_id{} : at(static_cast<size_t>(i)).self.id;
  };
  move_order out{only_shard, {}, name(home), name(leaving)};
  if (joining >= 0)
    out.joining = {name(joining), at(static_cast<size_t>(joining)).store};
  return out;
}

void trio::order(const move_order& x) {
  auto i = primary();
  if (i)
    with_replica(*i, [&](auto& r, auto& out) { r.on_order(x, now_, out); });
}

void trio::doubt(size_t i, bool doubted) {
  with_replica(i,
               [&](auto& r, auto& out) { r.on_own_clock(doubted, now_, out); });
}

void trio::set_policies(std::vector<policy> x) {
  policies_ = std::move(x);
  for (size_t i = 0; i < machines_.size(); ++i)
    if (machines_[i].up)
      with_agent(i, [&](auto& a, auto& out) { a.on_policies(policies_, out); });
}

void trio::note_answer(const verdict& x) {
  if (x.what != outcome::committed)
    return;
  for (auto& key : keys_[x.slot])
    answered_[key] = std::max(answered_[key], x.version);
}

} // namespace muster::test
