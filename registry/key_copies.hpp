// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

struct key_copy_options {
  /// Memory of all copies of single keys, with all that they cost beside their
  /// bytes; one that does not fit takes the place of others. 0 = none.
  size_t bytes_max = 64 * 1024 * 1024;
  /// Keys asked for at once; more are not asked for.
  size_t asks_max = 1024;
  /// A key without an answer is asked for so often.
  uint32_t asks_per_key_max = 3;
  /// A copy that was written so often in a row, and not read, is given up.
  uint32_t unread_writes_max = 2;
};

/// What was counted of copies of single keys.
struct key_copy_probe {
  uint64_t granted = 0;
  /// Given up since they were written more often than read.
  uint64_t withdrawn = 0;
  /// Given up for others, since memory was full.
  uint64_t evicted = 0;
  /// Held now, and their memory.
  uint64_t keys = 0;
  uint64_t bytes = 0;
};

/// The single keys that this machine holds copies of, or has asked for (D6):
/// which of them stay in the memory that there is (the clock algorithm), and
/// which are not worth their writes. Knows no message and no record.
///
/// Invariants: (1) `bytes` is the sum over all granted keys; (2) a key that is
/// asked for and not granted has no bytes, and at most `asks_max` are such.
///
/// Not thread-safe; owned by `local_copies`.
class key_copies {
public:
  /// Whether users have read a key since it was asked the last time.
  using read_function = std::function<bool(shard_id, const std::string&)>;

  /// In the order of shards, then keys.
  using name = std::pair<shard_id, std::string>;

  explicit key_copies(key_copy_options options);

  /// Without it every copy counts as unread.
  void watch_reads(read_function was_read) {
    was_read_ = std::move(was_read);
  }

  /// What a copy costs: key and value here and in the read table, nodes, slots.
  static size_t cost_of(std::string_view key, std::string_view value);

  /// Notes that the key is asked for. @returns false: it is held, was asked for
  /// within `resend`, is not wanted since there is no memory for any, or too
  /// many are asked for
  bool ask(const name& x, boot_time now, nanoseconds resend);

  /// What was asked for and has no answer for `resend`: to be asked for again.
  /// What was asked for often enough is forgotten.
  std::vector<name> due(boot_time now, nanoseconds resend);

  /// What was asked for of a shard and has no answer.
  std::vector<name> asked(shard_id shard) const;

  /// Whether it is asked for or held.
  bool knows(const name& x) const {
    return entries_.count(x) > 0;
  }

  /// 0: not held.
  grant_number grant_of(const name& x) const;

  bool holds(shard_id shard, const std::string& key) const {
    return held_ > 0 && grant_of({shard, key}) != grant_number{};
  }

  /// Names a copy that must go before one of `bytes` can take the place of
  /// what is held of `x`; nothing: it fits, or never will. The caller gives the
  /// copy up, `erase`s it, and asks again.
  std::optional<name> victim_for(const name& x, size_t bytes);

  bool fits(size_t bytes) const {
    return bytes <= options_.bytes_max;
  }

  /// @pre it is known
  void grant(const name& x, grant_number number, size_t bytes);

  /// A command changes it: what was read until now was read before.
  void on_change(const name& x);

  /// The change is decided; it costs `bytes` now.
  /// @returns whether to give the copy up: it is written more often than read
  bool on_decided(const name& x, size_t bytes);

  void erase(const name& x);

  /// Nothing of a shard is known any more.
  void forget(shard_id shard);

  /// The same of what is below a prefix of it. @returns all that was held, with
  /// its grants
  std::vector<std::pair<std::string, grant_number>>
  take_under(shard_id shard, const std::string& prefix);

  bool empty() const {
    return entries_.empty();
  }

  key_copy_probe& counts() {
    return counts_;
  }

  key_copy_probe probe() const;

private:
  struct entry {
    grant_number grant; // 0: only asked for
    boot_time asked_at{};
    uint32_t asks = 1;
    uint32_t unread_writes = 0;
    /// Since the last change; the clock algorithm asks too, so it is kept.
    bool read = false;
    /// Though unread when the clock's hand comes: it is new.
    bool spared = true;
    /// While a change is in flight nobody can read it.
    bool changing = false;
    size_t bytes = 0;
  };

  using entries = std::map<name, entry>;

  bool take_read(const name& x, entry& e);
  entries::iterator erase(entries::iterator i);

  key_copy_options options_;
  read_function was_read_;
  entries entries_;
  std::set<name> asked_;
  /// Where the clock's hand stands: after this one.
  name hand_;
  size_t bytes_ = 0;
  uint64_t held_ = 0;
  key_copy_probe counts_;
};

} // namespace muster
