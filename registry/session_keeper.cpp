// SPDX-License-Identifier: Apache-2.0
#include "registry/session_keeper.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"

#include <cassert>

namespace muster {

namespace {

operation erase(std::string key) {
  return {operation_kind::erase, std::move(key), {}};
}

guard unchanged(std::string key, const record& x) {
  return {guard_kind::version, std::move(key), x.version, {}};
}

} // namespace

session_keeper::session_keeper(session_keeper_options options)
  : options_(options) {
  // nop
}

void session_keeper::on_stopped() {
  watched_.clear();
  endings_.clear();
  open_.clear();
}

void session_keeper::on_look(const shard_state::record_map& records,
                             boot_time now, std::vector<request>& out) {
  std::map<std::string, parts, std::less<>> found;
  for (auto i = records.lower_bound(sessions_prefix);
       i != records.end() && i->first.starts_with(sessions_prefix); ++i) {
    if (!covers(sessions_prefix, i->first))
      continue;
    auto part = part_of_session(i->first);
    auto known = found.find(part.id);
    auto& x = known != found.end()
                ? known->second
                : found.emplace(part.id, parts{}).first->second;
    switch (part.what) {
      case session_part::kind::head:
        x.head = &i->second;
        break;
      case session_part::kind::renewed:
        x.renewed = &i->second;
        break;
      case session_part::kind::bound:
        x.bound.emplace_back(part.key, &i->second);
        break;
      case session_part::kind::other:
        x.others.push_back(i->first);
        break;
    }
  }
  auto gone = [&](auto& x) { return !found.contains(x.first); };
  std::erase_if(watched_, gone);
  std::erase_if(endings_, gone);
  for (auto& [id, x] : found)
    look_at(id, x, now, out);
}

bool session_keeper::is_over(const std::string& id, const parts& x,
                             boot_time now) {
  if (!x.head) {
    watched_.erase(id);
    return true; // what an end left behind
  }
  auto renewed = x.renewed ? x.renewed->version : sequence{};
  auto [i, is_new] = watched_.try_emplace(id);
  auto& w = i->second;
  if (is_new || w.renewed != renewed) {
    auto head = parse_session(id, x.head->value);
    // Written by hand, and not as a session: nobody can renew it.
    w = {renewed, now, head ? head->ttl : session_ttl_max};
    endings_.erase(id);
  }
  return now - w.since >= w.ttl;
}

void session_keeper::look_at(const std::string& id, const parts& x,
                             boot_time now, std::vector<request>& out) {
  if (!is_over(id, x, now) || open_.size() >= options_.open_max)
    return;
  auto& e = endings_[id];
  if (e.open != 0 || now < e.next)
    return;
  if (x.bound.size() + x.others.size() > bound_at_once_max)
    e.piecewise = true;
  if (!x.head)
    send(id, clear_one(id, x), out);
  else
    send(id, e.piecewise ? end_head(id, x) : end_at_once(id, x), out);
}

void session_keeper::send(const std::string& id, command x,
                          std::vector<request>& out) {
  assert(!x.operations.empty());
  endings_[id].open = ++last_;
  open_[last_] = id;
  out.push_back({last_, std::move(x)});
}

void session_keeper::on_answer(uint64_t number, bool committed, bool refused,
                               boot_time now) {
  auto i = open_.find(number);
  if (i == open_.end())
    return;
  auto e = endings_.find(i->second);
  open_.erase(i);
  if (e == endings_.end() || e->second.open != number)
    return;
  e->second.open = 0;
  if (committed)
    return;
  // Refused: a bound record is another's now, or a renewal came. The next look
  // tells which.
  e->second.piecewise = e->second.piecewise || refused;
  e->second.next = refused ? now : now + options_.retry;
}

command session_keeper::end_head(const std::string& id, const parts& x) {
  command out;
  out.guards = {unchanged(session_key(id), *x.head)};
  out.operations = {erase(session_key(id))};
  if (x.renewed) {
    if (!MUSTER_MUTANT(u1_renewal_overlooked))
      out.guards.push_back(unchanged(renewed_key(id), *x.renewed));
    out.operations.push_back(erase(renewed_key(id)));
  } else {
    out.guards.push_back({guard_kind::absent, renewed_key(id), {}, {}});
  }
  return out;
}

command session_keeper::end_at_once(const std::string& id, const parts& x) {
  auto out = end_head(id, x);
  for (auto& [key, value] : x.bound)
    add_end(out, id, std::string{key}, value->value);
  for (auto& key : x.others)
    out.operations.push_back(erase(std::string{key}));
  return out;
}

command session_keeper::clear_one(const std::string& id, const parts& x) {
  command out;
  if (x.bound.empty()) {
    if (x.renewed)
      out.operations.push_back(erase(renewed_key(id)));
    for (auto& key : x.others)
      out.operations.push_back(erase(std::string{key}));
    if (out.operations.size() > command_parts_max)
      out.operations.resize(command_parts_max);
    return out;
  }
  auto& [key, value] = x.bound.front();
  add_end(out, id, std::string{key}, value->value);
  out.otherwise = {erase(bound_key(id, key))}; // U2
  return out;
}

} // namespace muster
