// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/read_table.hpp"
#include "runtime/read_table/read_shard.hpp"
#include "runtime/read_table/reader_slots.hpp"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

/// Limits and constants of a read table.
struct read_table_options {
  /// Records of one shard. One more is not stored: its key, and each prefix
  /// that covers it, is not held any more, so reads of them go to the home.
  size_t records_max = size_t{1} << 24;

  /// Prefixes of one shard. One more is not installed: listings of it, and
  /// reads of absent keys under it, go to the home. Each invalidation looks at
  /// all of them.
  size_t prefixes_max = 64;

  /// How often a listing, or a read of an absent key, is tried while commands
  /// pass. Then it is `invalid`.
  size_t attempts_max = 8;

  /// Seed of the keys' hash. A random one keeps users from choosing keys that
  /// collide; it changes nothing else.
  uint64_t hash_seed = 0;

  /// After so many blocks were replaced, those that no reader can hold any
  /// more are freed.
  size_t garbage_batch_count = 64;
};

/// What a read table counted.
struct read_table_probe {
  /// Records, commands' marks included; tombstones only of single keys.
  uint64_t records = 0;

  /// Prefixes held.
  uint64_t prefixes = 0;

  /// Memory of blocks, tables, and what waits for readers to move on.
  uint64_t memory_bytes = 0;

  /// The last part of it alone. Grows while a reader stays in its visitor.
  uint64_t garbage_bytes = 0;

  /// Tables built to get room.
  uint64_t growths = 0;

  /// Keys marked or looked for by `invalidate`.
  uint64_t invalidations = 0;

  /// Not stored because of a limit.
  uint64_t refused_records = 0;
  uint64_t refused_prefixes = 0;
};

/// How the reads of all tables of this process ended.
struct read_counts {
  uint64_t served = 0;
  uint64_t served_absent = 0;
  uint64_t invalid = 0;
  uint64_t not_held = 0;
  uint64_t lease_over = 0;

  /// Of the served ones, those of copies of single keys (D6).
  uint64_t single = 0;

  /// Threads that have a reader slot now.
  uint64_t reader_threads = 0;
};

/// The memory that user threads read (R2, R3), and that the core thread writes
/// through `read_table_writer`. Rule names such as W3 and Rd2 in the sources
/// mean `MEMORY.md` of the protocol's models.
///
/// Made with the machine, before its first reader; must outlive the last read.
/// Owns all records; the clock belongs to the caller and must outlive it.
///
/// Invariants: (1) what is served was the registry's state at an instant
/// between call and return; (2) an invalid key is silent: neither the old value
/// nor the new one is served; (3) no read blocks or allocates, except that a
/// listing allocates for what it finds, and the first read of a thread for the
/// thread's slot; (4) a record is at most two dependent cache misses: its slot,
/// then its block; (5) no writer waits for a reader.
///
/// Reads: any thread, also from inside a visitor. At most
/// `lock_free::reader_slots_max` threads; to one more everything is `not_held`.
/// All functions of `read_table_writer` and `reclaim`: the one core thread.
/// `probe` and `counts`: any thread.
class read_table final : public read_table_writer {
public:
  /// @param shard_count  at least 1; shards are 0 to `shard_count` - 1
  read_table(uint32_t shard_count, const clock_source& clock,
             const read_table_options& options = {});

  /// @pre no reader is left
  ~read_table() override;

  // -- readers ----------------------------------------------------------------

  /// Reads one key (R2; R3 if it is absent).
  /// @param visit  called once, only if the outcome is `served`, with the value
  ///               (`std::string_view`, valid during the call) and its version
  ///               (`sequence`). It should be short: nothing that the writer
  ///               replaces meanwhile is freed.
  /// A shard that does not exist is `not_held`.
  template <class Visitor>
  read_outcome read(shard_id shard, std::string_view key,
                    Visitor&& visit) const {
    lock_free::pin pinned;
    if (!pinned || shard.value >= shards_.size()) [[unlikely]]
      return {};
    const lock_free::record* x = nullptr;
    auto outcome = shards_[shard.value]->find(key, x);
    pinned.count(static_cast<size_t>(outcome.kind));
    if (x != nullptr && x->is_single()
        && outcome.kind <= read_kind::served_absent) {
      x->note_read();
      pinned.count(lock_free::single_reads);
    }
    if (outcome.kind == read_kind::served)
      std::forward<Visitor>(visit)(x->value(), x->version);
    return outcome;
  }

  /// Reads one key like `read`, into the caller's buffer: no allocation if its
  /// capacity suffices. Buffer and version stay as they were unless the outcome
  /// is `served`.
  read_outcome copy_to(shard_id shard, std::string_view key, std::string& value,
                       sequence& version) const {
    return read(shard, key, [&](std::string_view x, sequence of) {
      value.assign(x);
      version = of;
    });
  }

  /// Lists the records under `prefix`, itself included, of one shard (R3): one
  /// cut, under one reading of the clock. Looks at every record of the shard.
  /// @param prefix  "/" is the whole shard; one "/" at the end is ignored
  /// @param visit  called only if the outcome is `served`, for each record in
  ///               the order of the keys, with key, value
  ///               (`std::string_view`, valid during the call) and version
  template <class Visitor>
  read_outcome list(shard_id shard, std::string_view prefix,
                    Visitor&& visit) const {
    lock_free::pin pinned;
    if (!pinned || shard.value >= shards_.size()) [[unlikely]]
      return {};
    std::vector<const lock_free::record*> found;
    auto outcome = shards_[shard.value]->list(without_slash(prefix), found);
    pinned.count(static_cast<size_t>(outcome.kind));
    if (outcome.kind == read_kind::served)
      for (const auto* x : found)
        visit(x->key(), x->value(), x->version);
    return outcome;
  }

  /// Memory of blocks, tables and garbage; not what the allocator adds.
  uint64_t memory_bytes() const;

  read_table_probe probe() const;

  static read_counts counts();

  // -- writer -----------------------------------------------------------------
  // A shard that does not exist is a defect of the caller and asserted. Without
  // a tenure everything but `begin` does nothing. What breaks a limit is not
  // held from then on (see `read_table_options`).

  tenure begin(shard_id shard, uint8_t served_from, term of,
               session in) override;
  void drop(shard_id shard) override;
  void set_lease(shard_id shard, tenure of, boot_time end) override;
  void invalidate(shard_id shard, std::span<const std::string> keys) override;
  void silence(shard_id shard, std::span<const std::string> keys) override;
  void put(shard_id shard, std::string_view key, std::string_view value,
           sequence version) override;
  void put_single(shard_id shard, std::string_view key, std::string_view value,
                  sequence version) override;
  void erase(shard_id shard, std::string_view key) override;
  void erase_single(shard_id shard, std::string_view key) override;
  bool take_read(shard_id shard, std::string_view key) override;
  void evict(shard_id shard, std::string_view key) override;
  void install_prefix(shard_id shard, std::string_view prefix) override;
  void drop_prefix(shard_id shard, std::string_view prefix) override;

  /// Frees what readers have left behind; for a quiet table, once a tick.
  void reclaim();

private:
  static std::string_view without_slash(std::string_view prefix);

  lock_free::read_shard& at(shard_id shard);
  void finish_change();
  void finish_mark();

  size_t garbage_batch_count_;
  lock_free::table_clock clock_;
  lock_free::garbage trash_;
  lock_free::usage usage_;
  lock_free::counter garbage_bytes_;
  tenure last_tenure_;
  std::vector<std::unique_ptr<lock_free::read_shard>> shards_;
};

} // namespace muster
