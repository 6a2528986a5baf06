// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_write.hpp"

#include "tests/simulation/message_text.hpp"

#include <algorithm>
#include <set>
#include <tuple>
#include <variant>

namespace muster::sim {

namespace {

/// Whether a message names the write: by the command's id, by its sequence, or
/// by telling of everything up to it.
struct naming {
  const write_name& write;

  bool operator()(const submit& x) const {
    return x.what.id == write.id;
  }
  bool operator()(const relayed& x) const {
    return x.what.what.id == write.id;
  }
  bool operator()(const enlist& x) const {
    return x.id == write.id;
  }
  bool operator()(const verdict& x) const {
    return x.id == write.id;
  }
  bool operator()(const prepare& x) const {
    return x.link.shard == write.shard && x.previous < write.at
           && write.at.value <= x.previous.value + x.entries.size();
  }

  bool operator()(const invalidate& x) const {
    return is_at(x.link, x.at);
  }
  bool operator()(const invalidate_ack& x) const {
    return is_at(x.link, x.at);
  }
  bool operator()(const rack_waiting& x) const {
    return is_at(x.link, x.at);
  }
  bool operator()(const prepare_ack& x) const {
    return is_told(x.link, x.upto);
  }
  bool operator()(const commit& x) const {
    return is_told(x.link, x.upto);
  }
  bool operator()(const validate& x) const {
    return is_told(x.link, x.upto);
  }

  /// No other message names one command that writes one record.
  template <class T>
  bool operator()(const T&) const {
    return false;
  }

private:
  bool is_at(const flow& link, sequence at) const {
    return link.shard == write.shard && at == write.at;
  }
  bool is_told(const flow& link, sequence upto) const {
    return link.shard == write.shard && upto >= write.at;
  }
};

bool is_cumulative(const wire_message& x) {
  return std::holds_alternative<prepare_ack>(x)
         || std::holds_alternative<commit>(x)
         || std::holds_alternative<validate>(x);
}

bool is_switch(const machine_id& id) {
  return id.value.front() == 's';
}

} // namespace

bool concerns(const wire_message& what, const write_name& write) {
  return std::visit(naming{write}, what);
}

write_cost cost_of(const traffic_meter& meter, const write_name& write,
                   const machine_id& home, world_time submitted,
                   world_time answered) {
  write_cost out;
  out.home = home;
  out.latency = answered - submitted;
  std::set<std::tuple<machine_id, machine_id, size_t>> told;
  auto has_answered = false; // the home
  for (auto& x : meter.sent()) {
    auto mine = concerns(x.what, write);
    // The first of those that tell of everything up to it tells of it.
    if (mine && is_cumulative(x.what))
      mine = told.insert({x.from, x.to, x.what.index()}).second;
    auto at_home = x.from == home;
    if (at_home && !mine && !has_answered)
      ++out.home_other_messages;
    if (!mine)
      continue;
    auto name = name_of(x.what);
    out.all[name] += x.cost;
    if (at_home)
      (has_answered ? out.home_after : out.home_before)[name] += x.cost;
    if (at_home && std::holds_alternative<verdict>(x.what))
      has_answered = true;
    if (at_home && !is_switch(x.to)
        && std::holds_alternative<invalidate>(x.what))
      ++out.invalidations_past_switches;
  }
  out.everywhere = out.latency;
  std::set<machine_id> served;
  for (auto& x : meter.arrived())
    if (std::holds_alternative<validate>(x.what) && concerns(x.what, write)
        && served.insert(x.to).second)
      out.everywhere = std::max(out.everywhere, x.at - submitted);
  return out;
}

} // namespace muster::sim
