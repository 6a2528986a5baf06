// SPDX-License-Identifier: Apache-2.0

// How the connections of sim_network come to be.

#include "tests/simulation/sim_network.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {

// -- the port
// ------------------------------------------------------------------

sim_transport::sim_transport(sim_network& network, process_ptr process)
  : network_(network), process_(std::move(process)) {
  // nop
}

void sim_transport::start(incarnation run, transport_listener& listener) {
  assert(!listener_ && run.value > 0);
  self_ = {process_->id(), run};
  listener_ = &listener;
  network_.reconcile(*this);
}

send_result sim_transport::send(const machine_id& to, lane on, packet x) {
  return network_.send(*this, {to, on}, std::move(x));
}

void sim_transport::set_peers(std::vector<peer_address> peers) {
  if (!process_->alive())
    return;
  peers_.clear();
  for (auto& x : peers) {
    if (x.who.id == process_->id())
      continue;
    peers_[x.who.id] = x.who.run;
    auto& newest = newest_[x.who.id];
    newest = std::max(newest, x.who.run);
  }
  if (listener_)
    network_.reconcile(*this);
}

// -- dialling
// ------------------------------------------------------------------

/// Closes what the list of peers does not allow any more and dials what it
/// demands.
void sim_network::reconcile(sim_transport& x) {
  auto stays = [&](const peer& who) {
    return x.peers_.contains(who.id) && who.run >= x.newest_.at(who.id);
  };
  std::vector<channel> closed;
  for (auto& [from, c] : x.accepted_)
    if (!stays(c->from))
      closed.push_back(from);
  for (auto& from : closed)
    close_accepted(x, from);
  std::vector<channel> broken;
  for (auto& [to, out] : x.dialled_)
    if (out.open && !stays(out.open->to))
      broken.push_back(to);
  for (auto& to : broken)
    lose(x, to);
  for (auto& [id, run] : x.peers_)
    for (auto on : {lane::data, lane::lease})
      dial(x, {id, on});
}

void sim_network::dial(sim_transport& from, const channel& to) {
  auto& out = from.dialled_[to];
  if (out.open || out.dialling || !from.peers_.contains(to.first))
    return;
  out.dialling = true;
  auto wait = random_.between(options_.connect_min, options_.connect_max);
  scheduler_.after(wait, [this, to, caller = find(from.process_->id())] {
    if (caller && caller->process_->alive())
      finish_dial(*caller, to);
  });
}

void sim_network::dial_later(sim_transport& from, const channel& to) {
  auto& out = from.dialled_[to];
  if (out.dialling || !from.peers_.contains(to.first))
    return;
  out.dialling = true;
  auto doublings = std::min(out.failed_count++, 10u);
  auto longest = std::min(options_.back_off_min * (1 << doublings),
                          options_.back_off_max);
  auto wait = random_.between(longest / 2, longest);
  scheduler_.after(wait, [this, to, caller = find(from.process_->id())] {
    if (!caller || !caller->process_->alive())
      return;
    caller->dialled_[to].dialling = false;
    dial(*caller, to);
  });
}

/// The handshake needs both directions, and a process that runs at both ends.
void sim_network::finish_dial(sim_transport& from, const channel& to) {
  auto& out = from.dialled_[to];
  out.dialling = false;
  auto listener = find(to.first);
  bool reached = listener && listener->listener_
                 && !listener->process_->paused() && !from.process_->paused()
                 && !is_cut(from.self_.id, to.first)
                 && !is_cut(to.first, from.self_.id);
  if (!reached || out.open || !accepts(*listener, from.self_)
      || !accepts(from, listener->self_)) {
    dial_later(from, to);
    return;
  }
  connect(from, *listener, to.second);
}

bool sim_network::accepts(const sim_transport& listener,
                          const peer& caller) const {
  return listener.peers_.contains(caller.id)
         && caller.run >= listener.newest_.at(caller.id);
}

void sim_network::connect(sim_transport& from, sim_transport& to, lane on) {
  close_accepted(to, {from.self_.id, on});
  auto x = std::make_shared<connection>();
  x->from = from.self_;
  x->to = to.self_;
  x->on = on;
  x->sender = find(from.self_.id);
  x->receiver = find(to.self_.id);
  x->sender_stream = from.process_->new_stream();
  x->receiver_stream = to.process_->new_stream();
  // All connections with a machine are with one incarnation of it.
  bool first_seen = from.newest_[to.self_.id] != to.self_.run
                    || to.newest_[from.self_.id] != from.self_.run;
  from.newest_[to.self_.id] = to.self_.run;
  to.newest_[from.self_.id] = from.self_.run;
  if (first_seen) {
    reconcile(from);
    reconcile(to);
  }
  auto& out = from.dialled_[{to.self_.id, on}];
  repeat_last(std::exchange(out.lost, nullptr), x);
  out.open = x;
  out.failed_count = 0;
  to.accepted_[{from.self_.id, on}] = x;
  from.listener_->on_connected(x->to, on);
}

} // namespace muster::sim
