// SPDX-License-Identifier: Apache-2.0
#include "registry/remembered_ids.hpp"

#include <algorithm>
#include <cassert>
#include <functional>

namespace muster {

namespace {

constexpr size_t cells_min = 64;

} // namespace

uint32_t remembered_ids::hash_of(std::string_view id) {
  return static_cast<uint32_t>(std::hash<std::string_view>{}(id));
}

const remembered* remembered_ids::find(std::string_view id) const {
  if (cells_.empty())
    return nullptr;
  auto hash = hash_of(id);
  auto mask = cells_.size() - 1;
  for (auto i = home_of(hash); cells_[i].taken; i = (i + 1) & mask)
    if (cells_[i].hash == hash && at(cells_[i]).id == id)
      return &at(cells_[i]).what;
  return nullptr;
}

void remembered_ids::put(cell x) {
  auto mask = cells_.size() - 1;
  auto i = home_of(x.hash);
  while (cells_[i].taken)
    i = (i + 1) & mask;
  cells_[i] = x;
}

void remembered_ids::grow() {
  auto old = std::move(cells_);
  cells_.assign(std::max(cells_min, old.size() * 2), cell{});
  for (auto& x : old)
    if (x.taken)
      put(x);
}

void remembered_ids::add(std::string id, remembered x) {
  assert(find(id) == nullptr);
  assert(items_.empty() || items_.back().what.at < x.at);
  if ((items_.size() + 1) * 2 > cells_.size())
    grow();
  auto position = first_ + static_cast<uint32_t>(items_.size());
  put({hash_of(id), position, true});
  items_.push_back({std::move(id), std::move(x)});
}

void remembered_ids::remove(uint32_t hash, uint32_t position) {
  auto mask = cells_.size() - 1;
  auto hole = home_of(hash);
  while (cells_[hole].position != position || !cells_[hole].taken)
    hole = (hole + 1) & mask;
  // Close the gap: whatever was pushed past the hole moves back into it.
  for (auto i = (hole + 1) & mask; cells_[i].taken; i = (i + 1) & mask) {
    auto wanted = home_of(cells_[i].hash);
    if (((i - wanted) & mask) < ((i - hole) & mask))
      continue;
    cells_[hole] = cells_[i];
    hole = i;
  }
  cells_[hole] = cell{};
}

void remembered_ids::forget_upto(sequence floor) {
  while (!items_.empty() && items_.front().what.at <= floor) {
    remove(hash_of(items_.front().id), first_);
    items_.pop_front();
    ++first_;
  }
}

remembered_ids::queue::const_iterator
remembered_ids::from(sequence from) const {
  return std::partition_point(items_.begin(), items_.end(),
                              [&](auto& x) { return x.what.at < from; });
}

std::optional<sequence> remembered_ids::newest() const {
  if (items_.empty())
    return std::nullopt;
  return items_.back().what.at;
}

void remembered_ids::check_invariants() const {
  auto taken = std::count_if(cells_.begin(), cells_.end(),
                             [](auto& x) { return x.taken; });
  assert(static_cast<size_t>(taken) == items_.size());
  assert(items_.size() * 2 <= cells_.size());
  static_cast<void>(taken);
  sequence before;
  for (auto& x : items_) {
    assert(find(x.id) == &x.what);
    assert(before < x.what.at || before == sequence{});
    before = x.what.at;
  }
}

} // namespace muster
