// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/slot_block.hpp"

#include <algorithm>
#include <utility>

namespace muster {

/// The blocks that a thread owns, by pool; returned at the thread's end.
struct thread_blocks {
  struct item {
    uint64_t pool;
    std::shared_ptr<slot_block> block;
  };

  std::vector<item> items;

  ~thread_blocks() {
    for (auto& x : items)
      x.block->owned_.store(false, std::memory_order_release);
  }

  /// Forgets the blocks of pools that have ended.
  void tidy() {
    std::erase_if(items, [](auto& x) { return x.block.use_count() == 1; });
  }
};

namespace {

std::atomic<uint64_t> last_number{0};
thread_local thread_blocks owned_blocks;

} // namespace

slot_pool::slot_pool() : number_(last_number.fetch_add(1) + 1) {
  // nop
}

slot_block& slot_pool::find() {
  auto& items = owned_blocks.items;
  auto i = std::find_if(items.begin(), items.end(),
                        [this](auto& x) { return x.pool == number_; });
  if (i == items.end()) {
    owned_blocks.tidy();
    items.push_back({number_, take()});
    i = std::prev(items.end());
  }
  cached_ = {number_, i->block.get()};
  return *i->block;
}

std::shared_ptr<slot_block> slot_pool::take() {
  std::lock_guard guard{mutex_};
  for (auto& block : blocks_) {
    // Acquire: the last owner's stores come before ours.
    if (!block->owned_.exchange(true, std::memory_order_acquire))
      return block;
  }
  blocks_.push_back(std::make_shared<slot_block>());
  return blocks_.back();
}

uint64_t slot_pool::sum(size_t slot) const {
  std::lock_guard guard{mutex_};
  auto total = uint64_t{0};
  for (auto& block : blocks_)
    total += block->get(slot);
  return total;
}

} // namespace muster
