// SPDX-License-Identifier: Apache-2.0

// What the writer does: the one core thread of the machine.

#include "registry/key.hpp"
#include "registry/mutants.hpp"
#include "runtime/read_table/race_point.hpp"
#include "runtime/read_table/read_shard.hpp"

namespace muster::lock_free {

namespace {

void free_tenure(const void* x) {
  delete static_cast<const tenure_block*>(x);
}

} // namespace

read_shard::read_shard(const read_shard_options& options,
                       const table_clock& clock, garbage& trash, usage& counts)
  : clock_(clock), hash_seed_(options.records.hash_seed),
    records_(options.records, trash, counts),
    prefixes_(options.prefixes_max, trash, counts),
    attempts_max_(options.attempts_max), trash_(trash), counts_(counts) {
  // nop
}

read_shard::~read_shard() {
  delete mine();
}

void read_shard::begin(const tenure_block& next) {
  change_tenure(new tenure_block{next});
}

void read_shard::drop() {
  if (mine() != nullptr)
    change_tenure(nullptr);
}

void read_shard::change_tenure(const tenure_block* next) {
  const auto* old = mine();
  // W5: prefix words not valid, then the records, then shard and lease word.
  if (old != nullptr)
    prefixes_.drop_all(old->number);
  records_.clear();
  shard_word_.store(next, std::memory_order_release);
  auto over = lease_word::make(next ? next->number : tenure{}, nanoseconds{0});
  lease_word_.store(over.raw(), std::memory_order_release);
  if (old != nullptr)
    trash_.retire(old, free_tenure, sizeof(tenure_block));
}

void read_shard::set_lease(tenure of, boot_time end) {
  if (mine() == nullptr || mine()->number != of)
    return;
  auto word = lease_word::make(of, clock_.since_start(end));
  lease_word_.store(word.raw(), std::memory_order_release);
}

void read_shard::invalidate(std::span<const std::string> keys) {
  if (mine() == nullptr)
    return;
  const bool early = MUSTER_MUTANT(r3_counter_moved_early);
  if (early) {
    prefixes_.move_counters(keys, mine()->number);
    MUSTER_RACE(half_marked);
  }
  // W3 (a) for all keys, then (b) for all. (c) is the table's, once for all.
  for (const auto& key : keys)
    mark(key);
  if (!early) {
    MUSTER_RACE(half_marked);
    prefixes_.move_counters(keys, mine()->number);
  }
  counts_.invalidations.add(keys.size());
}

void read_shard::silence(std::span<const std::string> keys) {
  if (mine() == nullptr)
    return;
  for (const auto& key : keys) {
    const auto* held = records_.find(key, hash_of(key));
    if (held == nullptr || held->state != record_state::invalid)
      publish({mine()->number, {}, 0, 0, record_state::invalid}, key, {});
  }
  prefixes_.move_counters(keys, mine()->number);
  counts_.invalidations.add(keys.size());
}

void read_shard::mark(std::string_view key) {
  const auto* held = records_.find(key, hash_of(key));
  if (held == nullptr
      && (!prefixes_.covers(key) || MUSTER_MUTANT(r3_absent_not_marked)))
    return;
  if (held != nullptr && held->state == record_state::invalid)
    return;
  publish({mine()->number, {}, 0, 0, record_state::invalid}, key, {});
}

void read_shard::put(std::string_view key, std::string_view value,
                     sequence version, bool single) {
  // W4: one store of a complete block; the counter is not touched.
  if (mine() == nullptr)
    return;
  if (value.size() > value_bytes_max)
    give_up(key);
  else
    publish({mine()->number, version, 0, 0, record_state::valid, single}, key,
            value);
}

void read_shard::erase(std::string_view key, bool single) {
  // W4: the tombstone comes with the outcome, not with the mark.
  if (mine() != nullptr)
    publish({mine()->number, {}, 0, 0, record_state::tombstone, single}, key,
            {});
}

bool read_shard::take_read(std::string_view key) {
  const auto* held = records_.find(key, hash_of(key));
  return held != nullptr && held->take_read();
}

void read_shard::evict(std::string_view key) {
  if (mine() == nullptr)
    return;
  // W5: a prefix that covers it is not held any more.
  prefixes_.drop_covering(key, mine()->number);
  records_.evict(key, hash_of(key));
}

void read_shard::install_prefix(std::string_view prefix) {
  if (mine() != nullptr && !prefixes_.install(prefix, mine()->number))
    counts_.refused_prefixes.add(1);
}

void read_shard::drop_prefix(std::string_view prefix) {
  if (mine() == nullptr)
    return;
  prefixes_.drop(prefix, mine()->number);
  // Nobody tells any more when a key comes back: absence is not known.
  std::vector<std::string> absent;
  records_.table().visit_while([&](const record& x) {
    if (x.state == record_state::tombstone && covers(prefix, x.key())
        && !prefixes_.covers(x.key()))
      absent.emplace_back(x.key());
    return true;
  });
  for (const auto& key : absent)
    records_.evict(key, hash_of(key));
}

void read_shard::publish(record head, std::string_view key,
                         std::string_view value) {
  if (key.size() > key_bytes_max
      || !records_.store(hash_of(key), make_record(head, key, value)))
    give_up(key);
}

void read_shard::give_up(std::string_view key) {
  // What cannot be stored must not look absent, nor stay as it was: it is not
  // held, and neither is any prefix that covers it.
  counts_.refused_records.add(1);
  evict(key);
}

} // namespace muster::lock_free
