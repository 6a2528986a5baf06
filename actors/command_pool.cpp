// SPDX-License-Identifier: Apache-2.0
#include "actors/command_pool.hpp"

#include <algorithm>

namespace muster {

void command_pool::fill(std::vector<command_actor> actors) {
  std::lock_guard guard{mutex_};
  for (auto& actor : actors) {
    free_.push_back(static_cast<uint32_t>(seats_.size()));
    seats_.push_back({std::move(actor), 0, false, 0});
  }
}

void command_pool::clear() {
  std::lock_guard guard{mutex_};
  seats_.clear();
  free_.clear();
}

std::optional<command_pool::lease> command_pool::take() {
  std::lock_guard guard{mutex_};
  if (free_.empty())
    return std::nullopt;
  auto index = free_.back();
  free_.pop_back();
  auto& s = seats_[index];
  s.busy = true;
  ++s.taken;
  s.number = ++begun_;
  return lease{slot_of(index, s.taken), s.actor};
}

void command_pool::put_back(uint64_t slot, story told, bool owns_id) {
  std::lock_guard guard{mutex_};
  auto index = static_cast<uint32_t>(slot);
  if (index >= seats_.size() || !seats_[index].busy)
    return;
  seats_[index].busy = false;
  free_.push_back(index);
  if (owns_id)
    told_at_[told.id.value] = first_told_ + told_.size();
  told_.push_back(std::move(told));
  if (told_.size() <= history_max_)
    return;
  auto oldest = told_at_.find(told_.front().id.value);
  if (oldest != told_at_.end() && oldest->second == first_told_)
    told_at_.erase(oldest);
  told_.pop_front();
  ++first_told_;
}

command_actor command_pool::find(uint64_t slot) const {
  std::lock_guard guard{mutex_};
  auto index = static_cast<uint32_t>(slot);
  if (index >= seats_.size())
    return {};
  auto& s = seats_[index];
  return s.busy && slot_of(index, s.taken) == slot ? s.actor : command_actor{};
}

std::vector<command_actor> command_pool::busy() const {
  std::lock_guard guard{mutex_};
  std::vector<command_actor> out;
  if (free_.size() == seats_.size())
    return out;
  for (auto& s : seats_)
    if (s.busy)
      out.push_back(s.actor);
  return out;
}

std::vector<command_actor> command_pool::newest_busy(size_t limit) const {
  std::lock_guard guard{mutex_};
  std::vector<const seat*> busy;
  for (auto& s : seats_)
    if (s.busy)
      busy.push_back(&s);
  std::sort(busy.begin(), busy.end(),
            [](auto* a, auto* b) { return a->number > b->number; });
  std::vector<command_actor> out;
  for (auto* s : busy)
    if (out.size() < limit)
      out.push_back(s->actor);
  return out;
}

std::vector<command_actor> command_pool::all() const {
  std::lock_guard guard{mutex_};
  std::vector<command_actor> out;
  for (auto& s : seats_)
    out.push_back(s.actor);
  return out;
}

std::vector<story> command_pool::recent(size_t limit) const {
  std::lock_guard guard{mutex_};
  std::vector<story> out;
  for (auto i = told_.rbegin(); i != told_.rend() && out.size() < limit; ++i)
    out.push_back(*i);
  return out;
}

std::optional<story> command_pool::find(const command_id& id) const {
  std::lock_guard guard{mutex_};
  auto i = told_at_.find(id.value);
  if (i == told_at_.end())
    return std::nullopt;
  return told_[i->second - first_told_];
}

size_t command_pool::size() const {
  std::lock_guard guard{mutex_};
  return seats_.size();
}

size_t command_pool::in_flight() const {
  std::lock_guard guard{mutex_};
  return seats_.size() - free_.size();
}

} // namespace muster
