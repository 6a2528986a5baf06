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
  auto below = std::string{sessions_prefix} + '/';
  for (auto i = records.lower_bound(below);
       i != records.end() && i->first.starts_with(below); ++i) {
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
  auto renewed = x.renewed ? x.renewed->version : sequence{};
  auto [i, is_new] = watched_.try_emplace(id);
  auto& w = i->second;
  if (is_new || w.renewed != renewed || w.head != x.head->version) {
    auto head = parse_session(id, x.head->value);
    if (!head) { // somebody's own record
      watched_.erase(i);
      return false;
    }
    w = {x.head->version, renewed, now, head->ttl};
    endings_.erase(id);
  }
  return now - w.since >= w.ttl;
}

void session_keeper::look_at(const std::string& id, const parts& x,
                             boot_time now, std::vector<request>& out) {
  if (!x.head)
    return;
  if (x.head->value == ended_text) {
    watched_.erase(id);
    return settle(id, x, now, out);
  }
  if (!is_over(id, x, now) || !may_send(id, {}, now))
    return;
  auto& e = endings_[id];
  if (x.bound.size() + x.others.size() > bound_at_once_max)
    e.piecewise = true;
  send(id, {}, e.piecewise ? end_head(id, x) : end_at_once(id, x), out);
}

void session_keeper::settle(const std::string& id, const parts& x,
                            boot_time now, std::vector<request>& out) {
  for (auto& [view, value] : x.bound) {
    std::string key{view};
    if (may_send(id, key, now))
      send(id, key,
           settle_one(id, x, key, *value, endings_[id].steps[key].refused),
           out);
  }
  if (x.bound.empty() && may_send(id, {}, now))
    send(id, {}, erase_rest(id, x), out);
}

bool session_keeper::may_send(const std::string& id, const std::string& key,
                              boot_time now) {
  if (open_.size() >= options_.open_max)
    return false;
  auto& known = endings_[id].steps[key];
  return known.open == 0 && now >= known.next;
}

void session_keeper::send(const std::string& id, const std::string& key,
                          command x, std::vector<request>& out) {
  assert(!x.operations.empty());
  endings_[id].steps[key].open = ++last_;
  open_[last_] = {id, key};
  out.push_back({last_, std::move(x)});
}

void session_keeper::on_answer(uint64_t number, bool committed, bool refused,
                               boot_time now) {
  auto i = open_.find(number);
  if (i == open_.end())
    return;
  auto [id, key] = i->second;
  open_.erase(i);
  auto e = endings_.find(id);
  if (e == endings_.end() || e->second.steps[key].open != number)
    return;
  auto& done = e->second.steps[key];
  done.open = 0;
  if (committed)
    return;
  // Refused: a bound record is another's now, or a renewal came; the next look
  // tells which. One shard that cannot be written must not hold all of it up.
  done.refused = refused;
  done.next = refused ? now : now + options_.retry;
  if (key.empty())
    e->second.piecewise = true;
}

command session_keeper::end_head(const std::string& id, const parts& x) {
  command out;
  out.guards = {unchanged(session_key(id), *x.head)};
  operation ended;
  ended.key = session_key(id);
  ended.value = ended_text;
  out.operations = {std::move(ended)};
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

command session_keeper::settle_one(const std::string& id, const parts& x,
                                   const std::string& key, const record& bound,
                                   bool is_others) {
  command out;
  if (is_others) // U2: it keeps what was written there
    out.operations = {erase(bound_key(id, key))};
  else
    add_end(out, id, key, bound.value);
  // The session is this one: another one of its id begins when all is settled.
  out.guards.push_back(unchanged(session_key(id), *x.head));
  return out;
}

command session_keeper::erase_rest(const std::string& id, const parts& x) {
  command out;
  out.guards = {unchanged(session_key(id), *x.head)};
  for (auto& key : x.others)
    if (out.operations.size() + 3 < command_parts_max)
      out.operations.push_back(erase(std::string{key}));
  if (x.renewed)
    out.operations.push_back(erase(renewed_key(id)));
  if (out.operations.size() == x.others.size() + (x.renewed ? 1 : 0))
    out.operations.push_back(erase(session_key(id))); // it was all
  return out;
}

} // namespace muster
