// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/prefix_set.hpp"

#include "registry/key.hpp"
#include "registry/mutants.hpp"

#include <algorithm>
#include <memory>

namespace muster::lock_free {

prefix_set::prefix_set(size_t prefixes_max, garbage& trash, usage& counts)
  : list_(new list), prefixes_max_(prefixes_max), trash_(trash),
    counts_(counts) {
  // nop
}

prefix_set::~prefix_set() {
  for (const auto& x : mine())
    delete x.word;
  delete &mine();
}

prefix_set::bracket prefix_set::find_covering(std::string_view path,
                                              tenure in) const noexcept {
  for (const auto& x : *list_.load(std::memory_order_acquire)) {
    if (!muster::covers(x.prefix, path))
      continue;
    auto value = x.word->word.load(std::memory_order_acquire);
    if (prefix_word{value}.is_valid_in(in))
      return {&x.word->word, value};
  }
  return {};
}

bool prefix_set::covers(std::string_view key) const {
  return std::ranges::any_of(mine(), [&](const entry& x) {
    return muster::covers(x.prefix, key);
  });
}

void prefix_set::move_counters(std::span<const std::string> keys, tenure in) {
  for (const auto& x : mine())
    if (std::ranges::any_of(keys, [&](const std::string& key) {
          return muster::covers(x.prefix, key);
        }))
      store(*x.word, true, in);
}

bool prefix_set::install(std::string_view prefix, tenure in) {
  if (MUSTER_MUTANT(r3_counter_repeats))
    counter_ = 0;
  auto is_it = [&](const entry& x) { return x.prefix == prefix; };
  auto known = std::ranges::find_if(mine(), is_it);
  if (known != mine().end()) {
    store(*known->word, true, in);
    return true;
  }
  if (mine().size() >= prefixes_max_)
    return false;
  auto next = mine();
  next.reserve(next.size() + 1);
  auto narrower = [&](const entry& x) {
    return x.prefix.size() >= prefix.size();
  };
  auto made = std::make_unique<owned_word>();
  store(*made, true, in);
  next.insert(std::ranges::partition_point(next, narrower),
              entry{std::string{prefix}, made.get()});
  publish(std::move(next));
  static_cast<void>(made.release()); // owned by the published set
  return true;
}

void prefix_set::drop(std::string_view prefix, tenure in) {
  drop_if([&](const entry& x) { return x.prefix == prefix; }, in);
}

void prefix_set::drop_covering(std::string_view key, tenure in) {
  drop_if([&](const entry& x) { return muster::covers(x.prefix, key); }, in);
}

void prefix_set::drop_all(tenure in) {
  drop_if([](const entry&) { return true; }, in);
}

const prefix_set::list& prefix_set::mine() const {
  return *list_.load(std::memory_order_relaxed);
}

template <class Predicate>
void prefix_set::drop_if(Predicate&& dropped, tenure in) {
  std::vector<owned_word*> words;
  for (const auto& x : mine())
    if (dropped(x)) {
      // W5: the word first. Readers that have it find that it changed.
      store(*x.word, false, in);
      words.push_back(x.word);
    }
  if (words.empty())
    return;
  auto next = mine();
  std::erase_if(next, dropped);
  publish(std::move(next));
  auto free = [](const void* x) { delete static_cast<const owned_word*>(x); };
  for (auto* x : words)
    trash_.retire(x, free, sizeof(owned_word));
}

void prefix_set::store(owned_word& x, bool valid, tenure in) {
  // W1: the counter goes on over drop, install and tenures. W2: release.
  x.word.store(prefix_word::make(valid, in, ++counter_).raw(),
               std::memory_order_release);
}

void prefix_set::publish(list next) {
  const auto& old = mine();
  counts_.prefixes.add(next.size() - old.size());
  list_.store(new list(std::move(next)), std::memory_order_release);
  auto free = [](const void* x) { delete static_cast<const list*>(x); };
  trash_.retire(&old, free, sizeof(list) + old.size() * sizeof(entry));
}

} // namespace muster::lock_free
