// SPDX-License-Identifier: Apache-2.0
#include "allocator/topology.hpp"

#include <algorithm>
#include <cassert>

namespace muster {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// Longer paths count as this long.
constexpr uint16_t farthest = unreachable - 1;

uint16_t one_more(uint16_t hops) {
  return hops < farthest ? static_cast<uint16_t>(hops + 1) : farthest;
}

bool erase_one(std::vector<vertex>& from, vertex x) {
  auto i = std::ranges::find(from, x);
  if (i == from.end())
    return false;
  *i = from.back();
  from.pop_back();
  return true;
}

} // namespace

vertex topology::add(std::string_view name) {
  auto out = names_.add(name);
  if (out < links_.size())
    return out;
  assert(out < vertices_max);
  links_.emplace_back();
  for (auto& x : views_)
    x.hops.push_back(unreachable);
  return out;
}

status topology::add_link(std::string_view a, std::string_view b) {
  if (a == b)
    return bad("a link from " + std::string{a} + " to itself");
  if (names_.size() + 2 > vertices_max || link_count_ >= links_max)
    return bad("the topology has its most machines, switches or links");
  auto from = add(a);
  auto to = add(b);
  if (std::ranges::find(links_[from], to) != links_[from].end())
    return ok();
  links_[from].push_back(to);
  links_[to].push_back(from);
  ++link_count_;
  for (auto& x : views_)
    if (!x.stale)
      connect(x, from, to);
  return ok();
}

void topology::remove_link(std::string_view a, std::string_view b) {
  auto from = find(a);
  auto to = find(b);
  if (!from || !to || !erase_one(links_[*from], *to))
    return;
  auto both = erase_one(links_[*to], *from);
  assert(both);
  static_cast<void>(both);
  --link_count_;
  for (auto& x : views_)
    if (!x.stale)
      disconnect(x, *from, *to);
}

void topology::connect(view& x, vertex a, vertex b) {
  if (x.hops[a] > x.hops[b])
    std::swap(a, b);
  if (x.hops[a] == unreachable || x.hops[b] <= one_more(x.hops[a]))
    return; // no way becomes shorter
  x.hops[b] = one_more(x.hops[a]);
  std::vector<vertex> front{b};
  relax(x, front);
  x.generation = ++generations_;
}

void topology::disconnect(view& x, vertex a, vertex b) const {
  if (x.hops[a] > x.hops[b])
    std::swap(a, b);
  if (x.hops[b] == farthest) {
    x.stale = true; // such counts do not tell who is on the path
    return;
  }
  if (x.hops[a] == x.hops[b])
    return; // on no shortest path, or both out of reach
  auto other = std::ranges::any_of(links_[b], [&](vertex y) {
    return x.hops[y] + 1 == x.hops[b];
  });
  x.stale = !other;
}

void topology::search(view& x) {
  x.hops.assign(links_.size(), unreachable);
  x.hops[x.place] = 0;
  std::vector<vertex> front{x.place};
  relax(x, front);
  x.stale = false;
  x.generation = ++generations_;
}

/// Goes on from vertices whose hop counts have just become less, all the same.
void topology::relax(view& x, std::vector<vertex>& front) const {
  std::vector<vertex> next;
  while (!front.empty()) {
    for (auto from : front) {
      auto hops = one_more(x.hops[from]);
      for (auto to : links_[from])
        if (x.hops[to] > hops) {
          x.hops[to] = hops;
          next.push_back(to);
        }
    }
    front.swap(next);
    next.clear();
  }
}

const topology::view& topology::hops_from(vertex place) {
  assert(place < links_.size());
  auto i = std::ranges::find(views_, place, &view::place);
  if (i == views_.end()) {
    if (views_.size() == places_max)
      views_.erase(std::ranges::min_element(views_, {}, &view::used));
    views_.push_back({});
    i = views_.end() - 1;
    i->place = place;
  }
  i->used = ++clock_;
  if (i->stale)
    search(*i);
  return *i;
}

uint64_t topology::generation(vertex place) const {
  auto i = std::ranges::find(views_, place, &view::place);
  return i == views_.end() || i->stale ? 0 : i->generation;
}

} // namespace muster
