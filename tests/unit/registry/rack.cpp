// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/rack.hpp"

#include "registry/key.hpp"

#include <algorithm>

namespace muster::test {

using namespace std::chrono_literals;

namespace {

constexpr shard_id shard{0};
constexpr term present{5};

copy_options options_of(const peer& who) {
  copy_options out;
  if (who.id == machine_id{"s"})
    out.for_rack = true;
  else
    out.behind = machine_id{"s"};
  return out;
}

agent_options for_rack() {
  agent_options out;
  out.shard_count = 1;
  out.for_rack = true;
  out.ack_timeout = 500ms;
  out.resend = 200ms;
  return out;
}

agent_options at_a_home() {
  agent_options out;
  out.shard_count = 1;
  return out;
}

std::vector<member> members_of(const peer& s, const std::vector<peer>& leaves) {
  std::vector<member> out;
  out.emplace_back().who = s;
  out.back().role = "switch";
  for (auto& leaf : leaves) {
    out.emplace_back().who = leaf;
    out.back().role = "machine";
    out.back().behind = s.id;
  }
  return out;
}

} // namespace

rack::rack(size_t leaf_count)
  : at_home(shard, home, at_a_home()), at_switch(shard, s, for_rack()) {
  std::vector<peer> leaves;
  for (size_t i = 1; i <= leaf_count; ++i)
    leaves.push_back(leaf(i));
  auto all = leaves;
  all.push_back(s);
  assignment x;
  x.of = present;
  x.at = epoch{5};
  x.primary = home.id;
  x.primary_run = home.run;
  records_["/a"] = {"/a", "1", sequence{1}};
  peers_[home.id] = home;
  agent_effects out;
  auto members = members_of(s, leaves);
  at_home.on_started({shard, present, epoch{5}});
  at_home.on_members(epoch{6}, members, out);
  at_switch.on_members(epoch{6}, members, out);
  for (auto& who : all) {
    peers_[who.id] = who;
    tables_[who.id];
    auto& mine = copies_.emplace(who.id, local_copies{who, 1, options_of(who)})
                   .first->second;
    copy_effects made;
    mine.on_members(members, now, made);
    mine.on_assignment(x, now, made);
    if (who != s)
      mine.pin("/", now, made);
    take(who, made);
  }
  pass(1500ms);
}

peer rack::peer_of(const machine_id& id) const {
  auto i = peers_.find(id);
  return i == peers_.end() ? peer{} : i->second;
}

void rack::send(const peer& from, const machine_id& to, wire_message x) {
  sent.emplace_back(to, x);
  wire_.push_back({from, to, std::move(x)});
}

void rack::take(const peer& at, copy_effects& x) {
  for (auto& one : x.all) {
    if (auto m = std::get_if<send_effect>(&one))
      send(at, m->to, std::move(m->what));
    else if (auto t = std::get_if<copy_effects::table>(&one))
      tables_[at.id].apply(t->what);
    else if (auto r = std::get_if<copy_effects::renew>(&one))
      local_.push_back([this, at, granter = peer_of(r->granter)] {
        tell_leases(granter, at);
      });
    else
      local_.push_back([this, y = std::move(one)] {
        agent_effects out;
        if (auto started = std::get_if<rack_started>(&y))
          at_switch.on_rack_started(*started, out);
        else if (std::holds_alternative<rack_ended>(y))
          at_switch.on_rack_ended(out);
        else if (auto prepared = std::get_if<entries_prepared>(&y))
          at_switch.on_prepared(*prepared, now, out);
        else if (auto committed = std::get_if<entries_committed>(&y))
          at_switch.on_committed(*committed, out);
        else if (auto data = std::get_if<copy_data>(&y))
          at_switch.on_copy_data(*data, now, out);
        take(s, out);
      });
  }
  x.all.clear();
}

void rack::take(const peer& at, agent_effects& x) {
  for (auto& one : x) {
    if (auto m = std::get_if<send_effect>(&one)) {
      send(at, m->to, std::move(m->what));
    } else if (auto h = std::get_if<send_home_effect>(&one)) {
      send(at, home.id, std::move(h->what));
    } else if (auto c = std::get_if<cover_effect>(&one)) {
      covers_[{at.id, c->who.id}] = c->what;
    } else if (auto u = std::get_if<uncover_effect>(&one)) {
      covers_.erase({at.id, u->who.id});
      ending.push_back(*u);
    } else if (auto f = std::get_if<fence_passed>(&one)) {
      fences.push_back(*f);
    } else if (at == home) {
      if (auto r = std::get_if<holders_ready>(&one)) {
        acks.insert(acks.end(), r->acks.begin(), r->acks.end());
        if (r->round == round_)
          ready = r->upto.value;
      } else if (auto a = std::get_if<copy_ask>(&one)) {
        give(*a);
      }
    } else {
      local_.push_back([this, y = std::move(one)] {
        copy_effects out;
        auto& mine = copies(s);
        if (auto r = std::get_if<holders_ready>(&y))
          mine.on_rack_ready(*r, out);
        else if (auto a = std::get_if<copy_ask>(&y))
          mine.on_rack_ask(*a, now, out);
        else if (auto n = std::get_if<rack_needs>(&y))
          mine.on_rack_needs(*n);
        take(s, out);
      });
    }
  }
  x.clear();
}

void rack::give(const copy_ask& x) {
  copy_data data;
  data.shard = shard;
  data.of = present;
  data.holder = x.holder;
  data.prefix = x.prefix;
  data.granted = true;
  data.as_of = sequence{committed_};
  data.round = ++round_;
  ready = 0;
  for (auto& [key, r] : records_)
    if (covers(x.prefix, key))
      data.records.push_back(r);
  data.undecided = undecided_;
  local_.push_back([this, data] {
    agent_effects out;
    at_home.on_copy_data(data, now, out);
    take(home, out);
  });
}

void rack::tell_leases(const peer& granter, const peer& holder) {
  auto found = covers_.find({granter.id, holder.id});
  lease_news news{granter, now + 1000s, {}, {}};
  if (found != covers_.end())
    news.held.push_back(found->second);
  auto& told = told_[{granter.id, holder.id}];
  for (auto& what : told)
    if (news.held != told)
      news.lost.push_back(what);
  told = news.held;
  copy_effects out;
  copies(holder).on_lease_news(news, now, out);
  take(holder, out);
}

void rack::deliver(message& m) {
  if (cut.count(m.from.id) > 0 || cut.count(m.to) > 0)
    return;
  agent_effects out;
  copy_effects copied;
  auto& agent = m.to == home.id ? at_home : at_switch;
  if (auto r = std::get_if<copy_request>(&m.what))
    agent.on_copy_request(m.from, *r, out);
  else if (auto a = std::get_if<invalidate_ack>(&m.what))
    agent.on_invalidate_ack(m.from, *a, now, out);
  else if (auto d = std::get_if<copy_drop>(&m.what))
    agent.on_copy_drop(m.from, *d, now, out);
  else if (auto w = std::get_if<rack_waiting>(&m.what))
    agent.on_rack_waiting(m.from, *w, now);
  else if (auto fa = std::get_if<fence_ack>(&m.what))
    agent.on_fence_ack(m.from, *fa, now, out);
  else if (auto su = std::get_if<submit>(&m.what))
    agent.on_submit(m.from, *su, out);
  else if (auto re = std::get_if<relayed>(&m.what))
    agent.on_relayed(m.from, *re, out);
  else if (copies_.count(m.to) > 0) {
    auto& mine = copies_.at(m.to);
    if (auto x = std::get_if<copy_session>(&m.what))
      mine.on_message(m.from, *x, now, copied);
    else if (auto g = std::get_if<copy_grant>(&m.what))
      mine.on_message(m.from, *g, now, copied);
    else if (auto i = std::get_if<invalidate>(&m.what))
      mine.on_message(m.from, *i, now, copied);
    else if (auto v = std::get_if<validate>(&m.what))
      mine.on_message(m.from, *v, now, copied);
    else if (auto f = std::get_if<fence>(&m.what)) {
      mine.on_fence(*f, copied);
      take(peer_of(m.to), copied);
      if (m.to == s.id)
        local_.push_back([this, from = m.from, x = *f] {
          agent_effects passed;
          at_switch.on_fence(from, x, now, passed);
          take(s, passed);
        });
      else
        send(peer_of(m.to), m.from.id, fence_ack{f->shard, f->of, m.from.run});
    }
  }
  take(m.to == home.id ? home : s, out);
  if (!copied.all.empty())
    take(peer_of(m.to), copied);
}

bool rack::step() {
  if (!local_.empty()) {
    auto x = std::move(local_.front());
    local_.pop_front();
    x();
    return true;
  }
  if (wire_.empty())
    return false;
  auto m = std::move(wire_.front());
  wire_.pop_front();
  deliver(m);
  return true;
}

void rack::settle() {
  while (step())
    ; // nop
}

void rack::pass(nanoseconds length) {
  settle();
  for (auto end = now + length; now < end;) {
    now += 50ms;
    agent_effects out;
    at_home.on_tick(now, out);
    take(home, out);
    at_switch.on_tick(now, out);
    take(s, out);
    for (auto& [id, mine] : copies_) {
      auto who = peer_of(id);
      if (who != s && cut.count(s.id) == 0 && cut.count(id) == 0)
        tell_leases(s, who);
      copy_effects made;
      mine.on_tick(now, made);
      take(who, made);
    }
    settle();
  }
}

uint64_t rack::prepare(const std::string& key, const std::string& value) {
  watched_entry entry{
    sequence{++newest_},  command_id{"c"}, machine_id{"o"}, 7, now,
    {{key, value, false}}};
  undecided_.push_back(entry);
  agent_effects out;
  at_home.on_prepared({shard, present, {entry}}, now, out);
  take(home, out);
  return newest_;
}

void rack::commit(uint64_t upto) {
  committed_ = upto;
  for (auto& entry : undecided_)
    if (entry.at.value <= upto)
      for (auto& e : entry.effects)
        records_[e.key] = {e.key, e.value, entry.at};
  std::erase_if(undecided_, [&](auto& x) { return x.at.value <= upto; });
  agent_effects out;
  at_home.on_committed({shard, present, sequence{upto}}, out);
  take(home, out);
}

void rack::write(const std::string& key, const std::string& value) {
  auto at = prepare(key, value);
  settle();
  commit(at);
  settle();
}

std::string rack::read(const peer& who, const std::string& key) {
  auto found = tables_[who.id].read(key, now);
  return !found ? "silent" : found->absent ? "absent" : found->value;
}

void rack::lose_cover() {
  copy_effects out;
  copies(s).on_lease_news({home, now, {}, {covers_.at({home.id, s.id})}}, now,
                          out);
  take(s, out);
}

void rack::regain_cover() {
  tell_leases(home, s);
}

void rack::end_at_switch(const peer& who, boot_time until) {
  for (auto& x : ending) {
    if (x.who != who)
      continue;
    agent_effects out;
    at_switch.on_uncovered({who, x.what, until}, now, out);
    take(s, out);
  }
}

} // namespace muster::test
