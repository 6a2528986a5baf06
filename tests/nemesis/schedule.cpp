// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/schedule.hpp"

#include "tests/simulation/sim_random.hpp"

#include <algorithm>
#include <numeric>
#include <span>

namespace muster::nemesis {

namespace {

using std::chrono::milliseconds;

/// Clients first see a cluster without faults, and one at the end.
constexpr milliseconds calm_before{1'000};
constexpr milliseconds calm_after{500};
/// Mean from one begin to the next, if the run is long enough for all kinds.
constexpr milliseconds pace{2'300};
constexpr milliseconds shortest{500};
constexpr milliseconds longest{5'000};
/// How many times another target or time is tried.
constexpr int tries_here = 20;
constexpr int tries_max = 200;

class planner {
public:
  explicit planner(const schedule_options& x) : options_(x), random_(x.seed) {
    // nop
  }

  std::vector<planned_fault> run() {
    auto room = options_.length - calm_before - calm_after - shortest;
    auto count = std::max<int64_t>(fault_kinds, room / pace);
    for (int64_t i = 0; i < count; ++i)
      add(next_kind(), calm_before + room * i / count, room / count);
    std::stable_sort(out_.begin(), out_.end(),
                     [](auto& a, auto& b) { return a.begin < b.begin; });
    return std::move(out_);
  }

private:
  size_t peers() const {
    return options_.machines + options_.switches;
  }

  milliseconds between(milliseconds low, milliseconds high) {
    return std::chrono::duration_cast<milliseconds>(random_.between(low, high));
  }

  template <class T>
  void shuffle(std::vector<T>& xs) {
    for (auto i = xs.size(); i > 1; --i)
      std::swap(xs[i - 1], xs[random_.below(i)]);
  }

  fault_kind next_kind() {
    if (deck_.empty()) {
      for (size_t i = 0; i < fault_kinds; ++i)
        deck_.push_back(static_cast<fault_kind>(i));
      shuffle(deck_);
    }
    auto kind = deck_.back();
    deck_.pop_back();
    return kind;
  }

  void add(fault_kind kind, milliseconds from, milliseconds width) {
    planned_fault x;
    x.kind = kind;
    auto last = options_.length - calm_after;
    for (int i = 0; i < tries_max; ++i) {
      x.begin = from + between(milliseconds{0}, width);
      auto most = std::clamp(last - x.begin, shortest, longest);
      x.end = x.begin + between(shortest, i < tries_here ? most : shortest);
      choose_target(x);
      if (!collides(x)) {
        choose_links(x);
        out_.push_back(std::move(x));
        return;
      }
      if (i + 1 == tries_here) { // no room here: shortly, anywhere
        from = calm_before;
        width = last - shortest - from;
      }
    }
  }

  void choose_target(planned_fault& x) {
    x.target = random_.below(x.of_etcd() ? options_.etcd : peers());
  }

  /// Whether too much would be down at a time.
  bool collides(const planned_fault& x) const {
    size_t down = 0;
    for (auto& y : out_) {
      if (y.begin > x.recovered() || x.begin > y.recovered())
        continue;
      if (x.of_etcd() && y.of_etcd())
        return true;
      if (!x.takes_down() || !y.takes_down())
        continue;
      if (x.target == y.target || ++down >= machines_down_max)
        return true;
    }
    return false;
  }

  /// At most half of the machines and switches, the others; in any order.
  std::pair<std::vector<size_t>, std::vector<size_t>> two_groups() {
    std::vector<size_t> all(peers());
    std::iota(all.begin(), all.end(), size_t{0});
    shuffle(all);
    auto few = 1 + random_.below(peers() / 2);
    auto cut = all.begin() + static_cast<ptrdiff_t>(few);
    return {{all.begin(), cut}, {cut, all.end()}};
  }

  void choose_links(planned_fault& x) {
    constexpr link_faults cut{true, false, false};
    constexpr link_faults stall{false, true, true};
    auto [few, rest] = two_groups();
    switch (x.kind) {
      case fault_kind::partition:
        return between_groups(x, few, rest, cut, cut);
      case fault_kind::stall:
        return between_groups(x, few, rest, stall, stall);
      case fault_kind::one_way: {
        // What `few` send: on what they dial, and answers on what they accept.
        auto there = link_faults{false, true, false};
        auto back = link_faults{false, false, true};
        if (random_.chance(500))
          std::swap(there, back);
        return between_groups(x, few, rest, there, back);
      }
      case fault_kind::isolate: {
        auto how = random_.chance(500) ? cut : stall;
        x.target = few.front();
        rest.insert(rest.end(), few.begin() + 1, few.end());
        few.resize(1);
        return between_groups(x, few, rest, how, how);
      }
      case fault_kind::flap:
        return between_groups(x, few, rest, cut, cut);
      default:
        return;
    }
  }

  /// @param there  of links that one of `few` dials
  static void between_groups(planned_fault& x, std::span<const size_t> few,
                             std::span<const size_t> rest, link_faults there,
                             link_faults back) {
    for (auto a : few)
      for (auto b : rest) {
        x.links[{a, b}] = there;
        x.links[{b, a}] = back;
      }
  }

  const schedule_options options_;
  sim::sim_random random_;
  std::vector<fault_kind> deck_;
  std::vector<planned_fault> out_;
};

std::string peer_name(size_t number, size_t machines) {
  return number < machines ? "m" + std::to_string(number + 1)
                           : "s" + std::to_string(number - machines + 1);
}

std::string links_text(const planned_fault& x, size_t machines) {
  std::string out;
  for (auto& [where, how] : x.links) {
    auto sign = how.cut                             ? "x"
                : how.stall_there && how.stall_back ? "|"
                : how.stall_there                   ? ">"
                                                    : "<";
    out += " " + peer_name(where.first, machines) + sign
           + peer_name(where.second, machines);
  }
  return out;
}

} // namespace

const char* to_string(fault_kind x) {
  constexpr const char* names[fault_kinds]
    = {"partition", "stall", "one_way",   "isolate",   "flap",
       "kill",      "pause", "etcd_kill", "etcd_pause"};
  return names[static_cast<size_t>(x)];
}

std::string planned_fault::text(size_t machines) const {
  auto out = std::string{to_string(kind)} + " for "
             + std::to_string((end - begin).count()) + " ms:";
  if (!links.empty())
    return out + links_text(*this, machines);
  return out + " "
         + (of_etcd() ? "etcd" + std::to_string(target + 1)
                      : peer_name(target, machines));
}

std::vector<planned_fault> make_schedule(const schedule_options& x) {
  return planner{x}.run();
}

} // namespace muster::nemesis
