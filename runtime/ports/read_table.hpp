// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace muster {

/// A local number for one (granter, term, session) of a shard on this
/// machine; grows at every change, never reused in the life of the process.
/// It is what R2 compares in one word where the rule says "term and session".
using tenure = named<struct tenure_tag, uint64_t>;

/// The writer's side of the read table: what actors tell the memory that user
/// threads read. All calls come from the one core thread of the machine
/// (`MEMORY.md`, "Writer"); none blocks; every call that marks or drops ends
/// with the fence W3 (c), so an acknowledgement handed over afterwards is
/// ordered after it.
///
/// A shard's life: `begin` (drops everything, new tenure, no lease), then
/// puts and `install_prefix`, then `set_lease` again and again, then
/// `invalidate`/`put`/`erase` for each command, then `begin` or `drop`.
class read_table_writer {
public:
  virtual ~read_table_writer() = default;

  /// R2: drops all copies of the shard (W5), *then* stores the shard word
  /// with a new tenure and a lease word that has ended.
  /// @param served_from 0 primary, 1 backup, 2 copy: reported with each read
  virtual tenure begin(shard_id shard, uint8_t served_from, term of, session in)
    = 0;

  /// No copies, no tenure, no lease.
  virtual void drop(shard_id shard) = 0;

  /// Stores the lease word {tenure, end}; ignored if `of` is not the shard's
  /// present tenure. `end` may be earlier than the last one (revoked).
  virtual void set_lease(shard_id shard, tenure of, boot_time end) = 0;

  /// W3 (a) to (c): for each key the invalid block (one is inserted where the
  /// key is absent but under a held prefix), then the counters of the covering
  /// prefixes.
  virtual void invalidate(shard_id shard, std::span<const std::string> keys)
    = 0;

  /// W4: a valid block of the present tenure.
  virtual void put(shard_id shard, std::string_view key, std::string_view value,
                   sequence version)
    = 0;

  /// The same for a copy of this one key, which no held prefix covers (D6):
  /// its reads are counted and noted for `take_read`.
  virtual void put_single(shard_id shard, std::string_view key,
                          std::string_view value, sequence version)
    = 0;

  /// The same as `invalidate`, and an absent key is marked even if no held
  /// prefix covers it yet: for keys that stay silent under a prefix that comes
  /// (P2).
  virtual void silence(shard_id shard, std::span<const std::string> keys) = 0;

  /// W4: a tombstone (absent, valid).
  virtual void erase(shard_id shard, std::string_view key) = 0;

  /// The same for a copy of this one key, as in `put_single`. It stays until
  /// it is changed or evicted.
  virtual void erase_single(shard_id shard, std::string_view key) = 0;

  /// Whether somebody has read this single key since it was put, or since the
  /// last call; false of any other key.
  virtual bool take_read(shard_id shard, std::string_view key) = 0;

  /// W5 "evict": the record is not held any more (neither value nor absence
  /// is known). If a held prefix covers it, the prefix must have been dropped.
  virtual void evict(shard_id shard, std::string_view key) = 0;

  /// W5 "install": call after all of the prefix's records were put. "/"
  /// covers the whole shard. From now on an absent key under it is known to
  /// be absent and a listing is served.
  virtual void install_prefix(shard_id shard, std::string_view prefix) = 0;

  /// W5: prefix word not valid; the records stay until evicted. Tombstones that
  /// no other held prefix covers go: who evicts knows records, not absences.
  virtual void drop_prefix(shard_id shard, std::string_view prefix) = 0;
};

} // namespace muster
