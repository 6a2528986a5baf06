// SPDX-License-Identifier: Apache-2.0
#include "registry/move_planner.hpp"

#include <algorithm>

namespace muster {

namespace {

bool contains(const std::vector<machine_id>& all, const machine_id& x) {
  return std::find(all.begin(), all.end(), x) != all.end();
}

const member* find(const cluster_facts& x, const machine_id& id) {
  for (auto& m : x.members)
    if (m.who.id == id)
      return &m;
  return nullptr;
}

std::vector<machine_id> names_of(const assignment& a) {
  std::vector<machine_id> out;
  for (auto& ref : a.in_sync)
    out.push_back(ref.id);
  for (auto& ref : a.learners)
    out.push_back(ref.id);
  return out;
}

/// Whether `a` is what `x` asked for.
bool is_done(const move_order& x, const assignment& a) {
  if (x.joining.id != machine_id{} && !a.has(x.joining))
    return false;
  if (x.leaving != machine_id{} && a.names(x.leaving))
    return false;
  return x.home == machine_id{} || a.primary == x.home;
}

} // namespace

struct move_planner::view {
  const cluster_facts& facts;
  const std::set<std::pair<shard_id, machine_id>>& failed;
  std::set<machine_id> dead;
  /// Learners that have not become replicas in sync for long.
  std::set<std::pair<shard_id, machine_id>> stuck;
  /// Shards on each storing machine, orders under way included.
  std::map<machine_id, size_t> load;
  bool balanced_now = false; // an order for balance is under way

  bool drains(const machine_id& id) const {
    return contains(facts.draining, id);
  }

  bool usable(const member& m) const {
    return m.store != store_id{} && contains(facts.alive, m.who.id)
           && !drains(m.who.id);
  }

  bool may_join(const assignment& a, const replica_ref& x) const {
    auto m = find(facts, x.id);
    return m && usable(*m) && m->store == x.store && !a.names(x.id);
  }

  /// The machine with the fewest shards that is no replica yet; one that an
  /// order has named in vain only if there is no other.
  const member* candidate(const assignment& a) const {
    const member* best = nullptr;
    auto in_vain = [&](auto& m) {
      return failed.contains({a.shard, m.who.id});
    };
    auto rank = [&](auto& m) {
      return std::pair{in_vain(m), load.at(m.who.id)};
    };
    for (auto& m : facts.members)
      if (usable(m) && !a.names(m.who.id) && (!best || rank(m) < rank(*best)))
        best = &m;
    return best;
  }

  /// Another replica in sync that can be primary.
  machine_id next_home(const assignment& a) const {
    std::map<machine_id, size_t> homes;
    for (auto& s : facts.shards)
      ++homes[s.primary];
    machine_id best;
    for (auto& ref : a.in_sync) {
      auto m = find(facts, ref.id);
      if (ref.id != a.primary && m && usable(*m) && !dead.contains(ref.id)
          && (best == machine_id{} || homes[ref.id] < homes[best]))
        best = ref.id;
    }
    return best;
  }

  size_t load_of(const machine_id& id) const {
    auto i = load.find(id);
    return i == load.end() ? 0 : i->second;
  }

  void count(const move_order& x) {
    if (auto i = load.find(x.joining.id); i != load.end())
      ++i->second;
    if (auto i = load.find(x.leaving); i != load.end() && i->second > 0)
      --i->second;
  }
};

move_planner::move_planner(machine_id self, planner_options options)
  : self_(std::move(self)), options_(options) {
  // nop
}

void move_planner::forget_done(const cluster_facts& x, boot_time now) {
  std::erase_if(given_, [&](auto& entry) {
    auto shard = entry.first;
    auto& g = entry.second;
    auto a = std::find_if(x.shards.begin(), x.shards.end(),
                          [&](auto& y) { return y.shard == shard; });
    if (a == x.shards.end())
      return true;
    if (is_done(g.what, *a)) {
      std::erase_if(failed_, [&](auto& y) { return y.first == shard; });
      return true;
    }
    if (now - g.at < options_.order_timeout)
      return false;
    if (g.what.joining.id != machine_id{})
      failed_.insert({shard, g.what.joining.id});
    return true;
  });
}

void move_planner::find_stuck(const cluster_facts& x, boot_time now,
                              std::set<std::pair<shard_id, machine_id>>& out) {
  std::map<std::pair<shard_id, machine_id>, boot_time> since;
  for (auto& a : x.shards)
    for (auto& ref : a.learners) {
      std::pair who{a.shard, ref.id};
      auto known = learns_since_.find(who);
      auto begun = known == learns_since_.end() ? now : known->second;
      since[who] = begun;
      if (now - begun >= options_.learner_patience)
        out.insert(who);
    }
  learns_since_ = std::move(since);
}

void move_planner::repeat(const view& v, boot_time now,
                          std::vector<move_order>& out) {
  for (auto& a : v.facts.shards) {
    auto g = given_.find(a.shard);
    if (g == given_.end() || a.primary != self_
        || now - g->second.told < options_.order_repeat)
      continue;
    // What else is called for meanwhile takes its place. No hand-over is told
    // again: each try holds writes up.
    auto& what = g->second.what;
    auto order = for_shard(v, a);
    if (!order || what.home != machine_id{} || order->home != machine_id{})
      continue;
    auto joins = what.joining.id != machine_id{};
    if (order->leaving != what.leaving
        || joins != (order->joining.id != machine_id{})
        || (joins && !v.may_join(a, what.joining))) {
      given_.erase(g);
      continue;
    }
    g->second.told = now;
    out.push_back(g->second.what);
  }
}

std::vector<move_order> move_planner::plan(const cluster_facts& x,
                                           boot_time now) {
  view v{x, failed_, {}, {}, {}, false};
  std::set<machine_id> named;
  for (auto& a : x.shards)
    for (auto& id : names_of(a))
      named.insert(id);
  std::erase_if(gone_since_, [&](auto& entry) {
    return named.count(entry.first) == 0 || contains(x.alive, entry.first)
           || !find(x, entry.first);
  });
  for (auto& id : named) {
    if (!find(x, id)) { // removed: it never comes back under this record
      v.dead.insert(id);
      continue;
    }
    if (contains(x.alive, id))
      continue;
    auto since = gone_since_.try_emplace(id, now).first->second;
    if (options_.dead_after > nanoseconds{0}
        && now - since >= options_.dead_after)
      v.dead.insert(id);
  }
  find_stuck(x, now, v.stuck);
  for (auto& m : x.members)
    if (m.store != store_id{})
      v.load[m.who.id] = shards_on(x, m.who.id);
  forget_done(x, now);
  std::vector<move_order> out;
  repeat(v, now, out);
  for (auto& [shard, g] : given_)
    v.count(g.what);
  auto give = [&](const move_order& order) {
    v.count(order);
    given_[order.shard] = {order, now, now};
    out.push_back(order);
  };
  auto may_give = [&](const assignment& a) {
    return a.primary == self_ && given_.count(a.shard) == 0
           && given_.size() < options_.orders_max;
  };
  for (auto& a : x.shards)
    if (may_give(a))
      if (auto order = for_shard(v, a))
        give(*order);
  // One at a time, and only when there is nothing else to do.
  for (auto& a : x.shards)
    if (given_.empty() && may_give(a))
      if (auto order = to_balance(v, a))
        give(*order);
  return out;
}

std::optional<move_order> move_planner::for_shard(const view& v,
                                                  const assignment& a) const {
  auto names = names_of(a);
  auto spare = v.candidate(a);
  move_order out;
  out.shard = a.shard;
  auto join = [&] { out.joining = {spare->who.id, spare->store}; };
  auto enough = names.size() > options_.replication;
  for (auto& id : names) {
    auto leaves = v.dead.count(id) > 0 || v.drains(id)
                  || v.stuck.contains({a.shard, id});
    if (!leaves || (id == self_ && !v.drains(id))
        || (!spare && !enough && id != self_))
      continue;
    if (id == self_) {
      out.home = v.next_home(a);
      if (out.home == machine_id{} && spare)
        out.home = spare->who.id;
      if (out.home == machine_id{})
        continue; // nobody else can be primary
    }
    if (spare && !enough)
      join();
    if (enough || spare)
      out.leaving = id;
    return out;
  }
  if (names.size() < options_.replication && spare) {
    join();
    return out;
  }
  if (!enough || a.in_sync.size() < options_.replication)
    return std::nullopt;
  // A learner rather than a replica in sync; of those the one with the most.
  auto& from = a.in_sync.size() > options_.replication ? a.in_sync : a.learners;
  for (auto& ref : from)
    if (ref.id != self_
        && (out.leaving == machine_id{}
            || v.load_of(ref.id) > v.load_of(out.leaving)))
      out.leaving = ref.id;
  return out.empty() ? std::nullopt : std::optional{out};
}

std::optional<move_order> move_planner::to_balance(const view& v,
                                                   const assignment& a) const {
  auto whole = a.in_sync.size() == options_.replication && a.learners.empty();
  auto spare = v.candidate(a);
  if (!options_.balance || !whole || !spare || !v.dead.empty()
      || !v.facts.draining.empty())
    return std::nullopt;
  auto fullest = self_;
  for (auto& ref : a.in_sync)
    if (v.load_of(ref.id) > v.load_of(fullest))
      fullest = ref.id;
  // Every primary plans by itself: all of them may choose the same machine.
  auto slack = std::max<size_t>(2, v.load.size());
  if (v.load_of(fullest) <= v.load_of(spare->who.id) + slack)
    return std::nullopt;
  move_order out;
  out.shard = a.shard;
  out.joining = {spare->who.id, spare->store};
  out.leaving = fullest;
  if (fullest == self_)
    out.home = spare->who.id;
  return out;
}

result<move_order> order_to_move(const cluster_facts& x, shard_id shard,
                                 const machine_id& to, uint32_t replication) {
  auto is_it = [&](auto& a) { return a.shard == shard; };
  auto a = std::find_if(x.shards.begin(), x.shards.end(), is_it);
  if (a == x.shards.end())
    return error{errc::not_found,
                 "there is no shard " + std::to_string(shard.value)};
  auto m = find(x, to);
  if (!m)
    return error{errc::not_found, "no machine is registered as " + to.value};
  if (m->store == store_id{})
    return error{errc::invalid_argument, to.value + " stores nothing"};
  if (contains(x.draining, to))
    return error{errc::unavailable, to.value
                                      + " is draining; `muster machine drain "
                                      + to.value + " --undo` ends that"};
  if (!contains(x.alive, to))
    return error{errc::unavailable, to.value + " is not alive"};
  if (a->primary == machine_id{})
    return error{errc::unavailable,
                 "shard " + std::to_string(shard.value) + " has no primary"};
  move_order out;
  out.shard = shard;
  out.home = to;
  if (!a->has({to, m->store})) {
    out.joining = {to, m->store};
    if (a->in_sync.size() + a->learners.size() >= replication
        && a->primary != to && !a->names(to))
      out.leaving = a->primary;
  }
  return out;
}

size_t shards_on(const cluster_facts& x, const machine_id& id) {
  auto on_it = [&](auto& a) { return a.names(id); };
  return static_cast<size_t>(
    std::count_if(x.shards.begin(), x.shards.end(), on_it));
}

status may_drain(const cluster_facts& x, const machine_id& id,
                 uint32_t replication) {
  if (!find(x, id))
    return error{errc::not_found, "no machine is registered as " + id.value};
  size_t left = 0;
  for (auto& m : x.members)
    left += m.store != store_id{} && m.who.id != id
            && contains(x.alive, m.who.id) && !contains(x.draining, m.who.id);
  size_t copies = 0;
  for (auto& a : x.shards)
    if (a.names(id))
      copies = std::max(copies,
                        std::min<size_t>(replication, names_of(a).size()));
  if (left >= copies)
    return ok();
  return error{errc::unavailable, "only " + std::to_string(left)
                                    + " other machines can take its shards, "
                                    + std::to_string(copies)
                                    + " copies need as many"};
}

status may_remove(const cluster_facts& x, const machine_id& id, bool force) {
  if (!find(x, id))
    return error{errc::not_found, "no machine is registered as " + id.value};
  if (force)
    return ok();
  if (auto count = shards_on(x, id); count > 0)
    return error{errc::in_use, id.value + " holds " + std::to_string(count)
                                 + " shards: drain it first, or --force"};
  if (contains(x.alive, id))
    return error{errc::in_use,
                 id.value + " is alive: stop it first, or --force"};
  return ok();
}

} // namespace muster
