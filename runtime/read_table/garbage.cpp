// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/garbage.hpp"

#include "runtime/read_table/reader_slots.hpp"

#include <cassert>

namespace muster::lock_free {

garbage::~garbage() {
  while (!items_.empty())
    free_first();
}

void garbage::retire(const void* x, void (*free)(const void*), size_t bytes) {
  assert(x != nullptr);
  items_.push_back({x, free, bytes, 0});
  bytes_ += bytes;
}

void garbage::collect() {
  if (items_.empty())
    return;
  // Rd1, the writer's side: a reader whose slot looks idle below pins after
  // this fence, so it loads pointers that are newer than the unlinking. One
  // fence serves all that was unlinked before it.
  full_fence();
  auto epoch = global_epoch.fetch_add(1, std::memory_order_acq_rel);
  for (; tagged_count_ < items_.size(); ++tagged_count_)
    items_[tagged_count_].epoch = epoch;
  auto oldest = oldest_pinned_epoch();
  while (!items_.empty() && items_.front().epoch + 2 <= oldest)
    free_first();
}

void garbage::free_first() {
  auto& x = items_.front();
  assert(bytes_ >= x.bytes);
  bytes_ -= x.bytes;
  x.free(x.what);
  items_.pop_front();
  if (tagged_count_ > 0)
    --tagged_count_;
}

} // namespace muster::lock_free
