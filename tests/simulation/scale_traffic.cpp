// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_traffic.hpp"

#include "actors/wire.hpp"
#include "runtime/outbox/batch.hpp"
#include "runtime/transport/frame.hpp"

#include <cassert>

namespace muster::sim {

void traffic_meter::on_sent(const machine_id& from, const machine_id& to,
                            lane on, const packet& x) {
  auto now = scheduler_.now();
  auto& who = senders_[from];
  auto [last, is_new] = who.last.try_emplace({to, on}, now);
  auto new_frame = is_new || last->second != now;
  last->second = now;
  traffic cost{1, 0, x.payload.size() + packet_overhead_bytes};
  if (new_frame) {
    cost.frames = 1;
    cost.bytes += frame_header_bytes;
  }
  who.all[static_cast<size_t>(on)] += cost;
  total_[static_cast<size_t>(on)] += cost;
  auto note = noting_ && on == lane::data;
  auto follow = from == followed_ || to == followed_;
  if (!note && !follow)
    return;
  auto message = decode(x);
  assert(message);
  seen_message seen{now, from, to, std::move(*message), cost};
  if (follow)
    followed_messages_.push_back(seen);
  if (note)
    sent_.push_back(std::move(seen));
}

void traffic_meter::on_arrived(const machine_id& from, const machine_id& to,
                               lane on, const packet& x) {
  if (!noting_ || on != lane::data)
    return;
  auto message = decode(x);
  assert(message);
  arrived_.push_back({scheduler_.now(), from, to, std::move(*message), {}});
}

void traffic_meter::begin() {
  sent_.clear();
  arrived_.clear();
  noting_ = true;
}

void traffic_meter::follow(machine_id id) {
  followed_ = std::move(id);
  followed_messages_.clear();
}

traffic traffic_meter::sent_by(const machine_id& id, lane on) const {
  auto found = senders_.find(id);
  return found == senders_.end() ? traffic{}
                                 : found->second.all[static_cast<size_t>(on)];
}

traffic traffic_meter::sent_by_all(lane on) const {
  return total_[static_cast<size_t>(on)];
}

traffic sum(const traffic_by_kind& x) {
  traffic out;
  for (auto& [name, one] : x)
    out += one;
  return out;
}

} // namespace muster::sim
