// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_nemesis.hpp"

namespace muster::sim {

namespace {

/// Beyond the bound of the design (5 %), within what a lease physically bears:
/// a holder's clock must not be slower than 0.9 of its granter's.
constexpr int64_t beyond_ppm_min = 82'000;
constexpr int64_t beyond_ppm_max = 95'000;

} // namespace

void sim_nemesis::cut_one() {
  if (world_.machines().size() < 2)
    return;
  ++count_[fault::cut];
  if (random_.chance(options_.isolate_permille)) {
    auto id = some_machine();
    world_.isolate(id);
    mend_later(options_.cut_max, [this, id] { world_.rejoin(id); });
    return;
  }
  auto [from, to] = some_pair();
  cut_pair(from, to);
  // Often from more than one: alone for some, there for others.
  if (!random_.chance(options_.partial_permille))
    return;
  for (const auto& other : world_.machines())
    if (other != from && other != to && random_.chance(500))
      cut_pair(from, other);
}

void sim_nemesis::cut_one_from(const machine_id& id) {
  auto other = some_machine();
  if (other == id)
    return;
  ++count_[fault::cut];
  cut_pair(id, other);
}

void sim_nemesis::cut_pair(const machine_id& from, const machine_id& to) {
  bool both = !random_.chance(options_.one_way_permille);
  world_.network().cut(from, to);
  if (both)
    world_.network().cut(to, from);
  mend_later(options_.cut_max, [this, x = from, y = to] {
    world_.network().heal(x, y);
    world_.network().heal(y, x);
  });
}

void sim_nemesis::partition() {
  std::vector<machine_id> alone;
  std::vector<machine_id> others;
  for (const auto& id : world_.machines())
    (random_.chance(400) ? alone : others).push_back(id);
  if (alone.empty() || others.empty())
    return;
  ++count_[fault::partition];
  auto each_pair = [alone, others](auto act) {
    for (const auto& x : alone)
      for (const auto& y : others) {
        act(x, y);
        act(y, x);
      }
  };
  each_pair([this](auto& x, auto& y) { world_.network().cut(x, y); });
  for (const auto& id : alone)
    world_.config().cut(id);
  // What it granted to those on the other side counts all the same (T5).
  if (random_.chance(options_.quick_restart_permille))
    restart_soon(others[random_.below(others.size())]);
  mend_later(options_.partition_max, [this, alone, each_pair] {
    each_pair([this](auto& x, auto& y) { world_.network().heal(x, y); });
    for (const auto& id : alone)
      world_.config().reconnect(id);
  });
}

void sim_nemesis::reset_one() {
  if (world_.machines().size() < 2)
    return;
  ++count_[fault::reset];
  auto [from, to] = some_pair();
  world_.network().reset(from, to);
}

void sim_nemesis::take_coordinator_away() {
  if (!world_.config().available())
    return;
  ++count_[fault::coordinator_away];
  if (random_.chance(500)) {
    world_.config().set_available(false);
    mend_later(options_.coordinator_away_max,
               [this] { world_.config().set_available(true); });
    return;
  }
  auto id = some_machine();
  world_.config().cut(id);
  mend_later(options_.coordinator_away_max,
             [this, id] { world_.config().reconnect(id); });
}

void sim_nemesis::change_clock() {
  ++count_[fault::clock_change];
  auto width = static_cast<uint64_t>(2 * clock_rate_ppm_max_ + 1);
  auto ppm = static_cast<int64_t>(random_.below(width)) - clock_rate_ppm_max_;
  world_.clock(some_machine()).set_rate(ppm);
}

/// A link that comes and goes, faster than anybody notices each time.
void sim_nemesis::flap_one() {
  if (world_.machines().size() < 2)
    return;
  ++count_[fault::flap];
  auto [from, to] = some_pair();
  flap_on(from, to, 4 + random_.below(12));
}

void sim_nemesis::flap_on(const machine_id& from, const machine_id& to,
                          size_t left) {
  auto& net = world_.network();
  auto act = left % 2 == 0 ? &sim_network::cut : &sim_network::heal;
  (net.*act)(from, to);
  (net.*act)(to, from);
  if (left == 1)
    return;
  later(random_.between(options_.flap_min, options_.flap_max),
        [this, x = from, y = to, left] { flap_on(x, y, left - 1); });
}

/// One machine's clock; the others notice it (`rate_watch`) and refuse it their
/// leases.
void sim_nemesis::push_clock_beyond() {
  if (beyond_ != machine_id{})
    return;
  ++count_[fault::clock_beyond];
  beyond_ = some_machine();
  auto width = static_cast<uint64_t>(beyond_ppm_max - beyond_ppm_min + 1);
  auto ppm = beyond_ppm_min + static_cast<int64_t>(random_.below(width));
  world_.clock(beyond_).set_rate(random_.chance(500) ? ppm : -ppm);
  mend_later(options_.clock_beyond_max, [this] {
    world_.clock(beyond_).set_rate(0);
    beyond_ = machine_id{};
  });
}

} // namespace muster::sim
