// SPDX-License-Identifier: Apache-2.0
#include "runtime/outbox/outbox.hpp"

#include "runtime/outbox/batch.hpp"

#include <cassert>
#include <utility>

namespace muster {

namespace {

/// Enough for one batch that is written while others fill.
constexpr size_t spare_count_max = 4;

} // namespace

outbox::outbox(const outbox_options& options) : options_(options) {
  assert(options.bytes_max > 0 && options.packets_max > 0);
  assert(options.batch_bytes > 0);
}

push_result outbox::push(uint16_t tag, std::string_view payload) {
  auto cost = payload.size() + packet_overhead_bytes;
  std::lock_guard guard{mutex_};
  auto refusal = refuse(cost);
  if (refusal != push_result::queued)
    return refusal;
  append_packet(batch_for(cost), tag, payload);
  ++batches_.back().packets;
  ++packets_;
  bytes_ += cost;
  return std::exchange(woken_, true) ? push_result::queued
                                     : push_result::queued_wake;
}

void outbox::open() {
  std::lock_guard guard{mutex_};
  clear();
  open_ = true;
}

size_t outbox::close() {
  std::lock_guard guard{mutex_};
  auto dropped = packets_;
  clear();
  open_ = false;
  return dropped;
}

bool outbox::take(std::string& batch) {
  std::lock_guard guard{mutex_};
  if (batches_.empty()) {
    assert(bytes_ == 0 && packets_ == 0);
    woken_ = false;
    batch.clear();
    return false;
  }
  auto& oldest = batches_.front();
  bytes_ -= oldest.bytes.size() - options_.header_bytes;
  packets_ -= oldest.packets;
  batch.swap(oldest.bytes);
  recycle(std::move(oldest.bytes));
  batches_.pop_front();
  return true;
}

size_t outbox::bytes() const {
  std::lock_guard guard{mutex_};
  return bytes_;
}

push_result outbox::refuse(size_t cost) const {
  if (!open_)
    return push_result::closed;
  if (cost - packet_overhead_bytes > options_.payload_bytes_max)
    return push_result::too_large;
  // A packet larger than the whole outbox passes when nothing else waits.
  auto fits = bytes_ + cost <= options_.bytes_max || bytes_ == 0;
  return fits && packets_ < options_.packets_max ? push_result::queued
                                                 : push_result::full;
}

std::string& outbox::batch_for(size_t cost) {
  auto limit = options_.batch_bytes + options_.header_bytes;
  if (!batches_.empty() && batches_.back().bytes.size() + cost <= limit)
    return batches_.back().bytes;
  auto& entry = batches_.emplace_back();
  if (!spare_.empty()) {
    entry.bytes = std::move(spare_.back());
    spare_.pop_back();
  }
  entry.bytes.assign(options_.header_bytes, '\0');
  return entry.bytes;
}

void outbox::recycle(std::string buffer) {
  // Buffers of single large packets go back to the allocator.
  auto usual = 2 * (options_.batch_bytes + options_.header_bytes);
  if (spare_.size() < spare_count_max && buffer.capacity() <= usual)
    spare_.push_back(std::move(buffer));
}

void outbox::clear() {
  batches_.clear();
  bytes_ = 0;
  packets_ = 0;
  woken_ = false;
}

} // namespace muster
