// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/clock.hpp"
#include "runtime/read_table/prefix_set.hpp"
#include "runtime/read_table/read_outcome.hpp"
#include "runtime/read_table/record_set.hpp"

#include <vector>

namespace muster::lock_free {

struct read_shard_options {
  record_set_options records;

  /// Prefixes held at once.
  size_t prefixes_max = 0;

  /// How often a listing, or a read of an absent key, is tried.
  size_t attempts_max = 1;
};

/// The time since the table was made.
class table_clock {
public:
  explicit table_clock(const clock_source& source)
    : source_(source), start_(source.now()) {
    // nop
  }

  /// Reads the source anew (Rd4: never cached). A virtual call: calling the
  /// production clock directly saved 2 ns of 60.
  nanoseconds now() const {
    return source_.now() - start_;
  }

  nanoseconds since_start(boot_time x) const {
    return x - start_;
  }

private:
  const clock_source& source_;
  boot_time start_;
};

/// One shard of the read table: shard word, lease word, prefix words, records.
/// See `read_table` for what its functions mean.
///
/// Invariants: (1) every record and every valid prefix word is of the tenure in
/// the shard word; (2) no tenure: no record, no prefix, a lease that is over.
///
/// The reader's functions need a pinned epoch, which must last for as long as a
/// record is looked at. The writer's are not thread-safe.
class alignas(128) read_shard {
public:
  read_shard(const read_shard_options& options, const table_clock& clock,
             garbage& trash, usage& counts);

  /// @pre no reader is left
  ~read_shard();

  // -- readers ----------------------------------------------------------------

  /// @param[out] x  the record, if the outcome is `served`
  read_outcome find(std::string_view key, const record*& x) const noexcept;

  /// @param prefix  normalized
  /// @param[out] found  the records, sorted by key, if the outcome is `served`
  read_outcome list(std::string_view prefix,
                    std::vector<const record*>& found) const;

  // -- writer -----------------------------------------------------------------

  void begin(const tenure_block& next);
  void drop();
  void set_lease(tenure of, boot_time end);
  void invalidate(std::span<const std::string> keys);
  void silence(std::span<const std::string> keys);
  void put(std::string_view key, std::string_view value, sequence version,
           bool single);
  void erase(std::string_view key, bool single);
  bool take_read(std::string_view key);
  void evict(std::string_view key);
  void install_prefix(std::string_view prefix);
  void drop_prefix(std::string_view prefix);

private:
  const tenure_block* mine() const {
    return shard_word_.load(std::memory_order_relaxed);
  }

  uint64_t hash_of(std::string_view key) const noexcept {
    return key_hash(key, hash_seed_);
  }

  lease_word lease(const tenure_block& held) const noexcept;
  read_kind judge(const record& x, const tenure_block& held,
                  lease_word lease) const noexcept;
  read_kind check_lease(const tenure_block& held,
                        lease_word lease) const noexcept;
  read_outcome find_absent(std::string_view key, uint64_t hash,
                           const record*& x) const noexcept;

  void publish(record head, std::string_view key, std::string_view value);
  void give_up(std::string_view key);
  void mark(std::string_view key);
  void change_tenure(const tenure_block* next);

  // In this order a read of one key needs one cache line of these.
  std::atomic<const tenure_block*> shard_word_{nullptr};
  atomic_word lease_word_{0};
  const table_clock& clock_;
  uint64_t hash_seed_;
  record_set records_;
  prefix_set prefixes_;
  size_t attempts_max_;
  garbage& trash_;
  usage& counts_;
};

} // namespace muster::lock_free
