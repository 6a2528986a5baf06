// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/read_table.hpp"

#include <cassert>

namespace muster {

read_table::read_table(uint32_t shard_count, const clock_source& clock,
                       const read_table_options& options)
  : garbage_batch_count_(options.garbage_batch_count), clock_(clock) {
  assert(shard_count > 0);
  assert(options.attempts_max > 0);
  lock_free::read_shard_options each;
  each.records = {options.hash_seed, options.records_max};
  each.prefixes_max = options.prefixes_max;
  each.attempts_max = options.attempts_max;
  shards_.reserve(shard_count);
  for (uint32_t i = 0; i < shard_count; ++i)
    shards_.push_back(
      std::make_unique<lock_free::read_shard>(each, clock_, trash_, usage_));
}

read_table::~read_table() = default;

uint64_t read_table::memory_bytes() const {
  return usage_.record_bytes.get() + usage_.table_bytes.get()
         + garbage_bytes_.get() + shards_.size() * sizeof(*shards_[0]);
}

read_table_probe read_table::probe() const {
  read_table_probe x;
  x.records = usage_.records.get();
  x.prefixes = usage_.prefixes.get();
  x.memory_bytes = memory_bytes();
  x.garbage_bytes = garbage_bytes_.get();
  x.growths = usage_.growths.get();
  x.invalidations = usage_.invalidations.get();
  x.refused_records = usage_.refused_records.get();
  x.refused_prefixes = usage_.refused_prefixes.get();
  return x;
}

read_counts read_table::counts() {
  auto n = lock_free::reads_by_kind();
  auto of = [&](read_kind kind) { return n[static_cast<size_t>(kind)]; };
  read_counts x;
  x.served = of(read_kind::served);
  x.served_absent = of(read_kind::served_absent);
  x.invalid = of(read_kind::invalid);
  x.not_held = of(read_kind::not_held);
  x.lease_over = of(read_kind::lease_over);
  x.single = n[lock_free::single_reads];
  x.reader_threads = lock_free::reader_slots_taken();
  return x;
}

tenure read_table::begin(shard_id shard, uint8_t served_from, term of,
                         session in) {
  last_tenure_ = last_tenure_.next();
  at(shard).begin({last_tenure_, served_from, of, in});
  trash_.collect();
  finish_mark();
  return last_tenure_;
}

void read_table::drop(shard_id shard) {
  at(shard).drop();
  trash_.collect();
  finish_mark();
}

void read_table::set_lease(shard_id shard, tenure of, boot_time end) {
  // An earlier end is a revocation, hence ordered like a mark.
  at(shard).set_lease(of, end);
  finish_mark();
}

void read_table::invalidate(shard_id shard, std::span<const std::string> keys) {
  at(shard).invalidate(keys);
  finish_mark();
}

void read_table::silence(shard_id shard, std::span<const std::string> keys) {
  at(shard).silence(keys);
  finish_mark();
}

void read_table::put(shard_id shard, std::string_view key,
                     std::string_view value, sequence version) {
  at(shard).put(key, value, version, false);
  finish_change();
}

void read_table::put_single(shard_id shard, std::string_view key,
                            std::string_view value, sequence version) {
  at(shard).put(key, value, version, true);
  finish_change();
}

void read_table::erase(shard_id shard, std::string_view key) {
  at(shard).erase(key, false);
  finish_change();
}

void read_table::erase_single(shard_id shard, std::string_view key) {
  at(shard).erase(key, true);
  finish_change();
}

bool read_table::take_read(shard_id shard, std::string_view key) {
  return at(shard).take_read(key);
}

void read_table::evict(shard_id shard, std::string_view key) {
  at(shard).evict(key);
  finish_mark();
}

void read_table::install_prefix(shard_id shard, std::string_view prefix) {
  at(shard).install_prefix(without_slash(prefix));
  finish_change();
}

void read_table::drop_prefix(shard_id shard, std::string_view prefix) {
  at(shard).drop_prefix(without_slash(prefix));
  finish_mark();
}

void read_table::reclaim() {
  trash_.collect();
  garbage_bytes_.set(trash_.bytes());
}

std::string_view read_table::without_slash(std::string_view prefix) {
  if (prefix.size() > 1 && prefix.back() == '/')
    prefix.remove_suffix(1);
  return prefix;
}

lock_free::read_shard& read_table::at(shard_id shard) {
  assert(shard.value < shards_.size());
  return *shards_[shard.value];
}

void read_table::finish_change() {
  if (trash_.untagged_count() >= garbage_batch_count_)
    trash_.collect();
  garbage_bytes_.set(trash_.bytes());
}

void read_table::finish_mark() {
  finish_change();
  // W3 (c): after all marks and counters, before the acknowledgement that the
  // caller hands over next.
  lock_free::full_fence();
}

} // namespace muster
