// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_network.hpp"

#include "tests/simulation/message_text.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {

sim_network::sim_network(sim_scheduler& scheduler, sim_random random,
                         const network_options& options, sim_trace& trace)
  : scheduler_(scheduler), random_(std::move(random)), options_(options),
    trace_(trace) {
  // nop
}

std::shared_ptr<sim_transport> sim_network::attach(const process_ptr& process) {
  assert(!attached_.contains(process->id()));
  auto x = std::make_shared<sim_transport>(*this, process);
  attached_.emplace(process->id(), x);
  return x;
}

std::shared_ptr<sim_transport> sim_network::find(const machine_id& id) const {
  auto i = attached_.find(id);
  return i == attached_.end() ? nullptr : i->second;
}

void sim_network::detach(const machine_id& id, bool silently) {
  auto dead = find(id);
  if (!dead)
    return;
  attached_.erase(id);
  // A dead process's host refuses at once; a dead host says nothing.
  auto within = silently ? options_.detect_max : options_.detect_min;
  for (auto& [from, x] : dead->accepted_) {
    x->receiver_open = false;
    lose_later(x, within);
  }
  for (auto& [to, x] : dead->dialled_)
    if (x.open)
      x.open->sender_open = false;
}

// -- packets
// -------------------------------------------------------------------

nanoseconds sim_network::delay() {
  if (random_.chance(options_.slow_permille))
    return random_.between(options_.delay_max, options_.slow_delay_max);
  return random_.between(options_.delay_min, options_.delay_max);
}

send_result sim_network::send(sim_transport& from, const channel& to,
                              packet x) {
  auto i = from.dialled_.find(to);
  if (i == from.dialled_.end() || !i->second.open || !from.process_->alive())
    return send_result::not_connected;
  auto& c = *i->second.open;
  if (c.under_way_bytes + x.payload.size() > options_.outbox_bytes_max)
    return send_result::overloaded;
  ++count_.sent;
  if (watch_)
    watch_->on_sent(from.self_.id, to.first, to.second, x);
  if (options_.repeat_permille > 0 && !never_repeated(x)) {
    c.recent.push_back(x);
    if (c.recent.size() > options_.repeat_count_max)
      c.recent.erase(c.recent.begin());
  }
  put_under_way(i->second.open, std::move(x));
  return send_result::queued;
}

void sim_network::put_under_way(const connection_ptr& x, packet p) {
  x->under_way_bytes += p.payload.size();
  x->under_way.push_back(std::move(p));
  auto leaves = occupy(x->sender.lock().get());
  x->last_arrival = std::max(x->last_arrival, leaves + delay());
  scheduler_.at(x->last_arrival, [this, x] { arrive(x); });
}

/// @returns when its processor is done with one packet more
world_time sim_network::occupy(sim_transport* x) {
  if (!x || options_.packet_cost == nanoseconds{0})
    return scheduler_.now();
  x->busy_until_ = std::max(x->busy_until_, scheduler_.now())
                   + options_.packet_cost;
  return x->busy_until_;
}

void sim_network::repeat_last(const connection_ptr& before,
                              const connection_ptr& x) {
  if (!before || before->from != x->from || before->to != x->to
      || before->recent.empty())
    return;
  auto certainly = insists_on_repeats_ && misses_repeats();
  if (!random_.chance(options_.repeat_permille) && !certainly)
    return;
  auto count = 1 + random_.below(before->recent.size());
  count_.repeated += count;
  for (auto i = before->recent.size() - count; i < before->recent.size(); ++i)
    put_under_way(x, before->recent[i]);
}

void sim_network::arrive(const connection_ptr& x) {
  if (options_.packet_cost == nanoseconds{0})
    return handle(x);
  scheduler_.at(occupy(x->receiver.lock().get()), [this, x] { handle(x); });
}

void sim_network::handle(const connection_ptr& x) {
  if (x->under_way.empty())
    return;
  if (is_cut(x->from.id, x->to.id)) {
    ++x->stalled_count;
    return;
  }
  auto p = std::move(x->under_way.front());
  x->under_way.pop_front();
  x->under_way_bytes -= p.payload.size();
  hand_over(x, std::move(p));
}

void sim_network::hand_over(const connection_ptr& x, packet p) {
  auto to = x->receiver.lock();
  if (!x->receiver_open || !to) {
    ++count_.lost;
    return;
  }
  ++count_.delivered;
  if (watch_)
    watch_->on_arrived(x->from.id, x->to.id, x->on, p);
  auto process = to->process_;
  auto in = x->receiver_stream;
  if (!process->paused()) {
    to->listener_->on_packet(x->from, x->on, std::move(p));
    return;
  }
  // A paused process may close the connection before it reads this.
  process->deliver(in, [x, to, held = std::move(p)]() mutable {
    if (x->receiver_open)
      to->listener_->on_packet(x->from, x->on, std::move(held));
  });
}

// -- links
// ---------------------------------------------------------------------

void sim_network::cut(const machine_id& from, const machine_id& to) {
  link x{from, to};
  if (!cuts_.emplace(x, ++cut_count_).second)
    return;
  trace_.line("world", "link_cut", from.value + " -> " + to.value);
  watch_cut(x);
}

/// Both directions lose their connections in the end: one gets no packets
/// through, the other no acknowledgements.
void sim_network::watch_cut(const link& x) {
  auto number = cuts_.at(x);
  for (const auto& ends : {x, link{x.second, x.first}})
    for (auto on : {lane::data, lane::lease}) {
      auto wait = random_.between(options_.detect_min, options_.detect_max);
      scheduler_.after(wait, [this, x, number, ends, on] {
        auto i = cuts_.find(x);
        auto from = find(ends.first);
        if (i != cuts_.end() && i->second == number && from)
          lose(*from, {ends.second, on});
      });
    }
}

void sim_network::heal(const machine_id& from, const machine_id& to) {
  if (cuts_.erase({from, to}) == 0)
    return;
  trace_.line("world", "link_healed", from.value + " -> " + to.value);
  auto listener = find(to);
  if (!listener)
    return;
  for (auto on : {lane::data, lane::lease}) {
    auto i = listener->accepted_.find({from, on});
    if (i == listener->accepted_.end())
      continue;
    auto x = i->second;
    for (; x->stalled_count > 0; --x->stalled_count) {
      x->last_arrival = std::max(x->last_arrival, scheduler_.now() + delay());
      scheduler_.at(x->last_arrival, [this, x] { arrive(x); });
    }
  }
}

void sim_network::heal_all() {
  while (!cuts_.empty()) {
    auto x = cuts_.begin()->first;
    heal(x.first, x.second);
  }
}

void sim_network::reset(const machine_id& from, const machine_id& to) {
  if (auto x = find(from))
    for (auto on : {lane::data, lane::lease})
      lose(*x, {to, on});
}

// -- losing connections
// --------------------------------------------------------

void sim_network::lose_later(const connection_ptr& x, nanoseconds within) {
  auto wait = random_.between(nanoseconds{0}, within);
  scheduler_.after(wait, [this, x] {
    auto from = x->sender.lock();
    if (from && x->sender_open)
      lose(*from, {x->to.id, x->on});
  });
}

void sim_network::lose(sim_transport& from, const channel& to) {
  auto i = from.dialled_.find(to);
  if (i == from.dialled_.end() || !i->second.open)
    return;
  auto x = std::move(i->second.open);
  i->second.open = nullptr;
  i->second.lost = x;
  x->sender_open = false;
  ++count_.connections_lost;
  // Some of it is already on the other side of the network.
  auto kept = random_.below(x->under_way.size() + 1);
  count_.lost += x->under_way.size() - kept;
  x->under_way.resize(kept);
  from.process_->deliver(x->sender_stream, [x, listener = from.listener_] {
    listener->on_disconnected(x->to, x->on);
  });
  dial_later(from, to);
}

void sim_network::close_accepted(sim_transport& at, const channel& from) {
  auto i = at.accepted_.find(from);
  if (i == at.accepted_.end())
    return;
  auto x = std::move(i->second);
  at.accepted_.erase(i);
  x->receiver_open = false;
  count_.lost += x->under_way.size();
  x->under_way.clear();
  x->under_way_bytes = 0;
  if (x->sender_open)
    lose_later(x, options_.detect_min);
}

} // namespace muster::sim
