// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/read_table/fence.hpp"
#include "runtime/read_table/garbage.hpp"
#include "runtime/read_table/usage.hpp"
#include "runtime/read_table/words.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace muster::lock_free {

/// The prefixes of one shard that are held: a small immutable list that is
/// replaced as a whole, and beside it one prefix word each, which lives outside
/// list and table (W7).
///
/// Invariants: (1) each word in the published list is valid in the shard's
/// tenure; (2) a word is made not valid before it leaves the list (W5); (3) no
/// two stores of words of this shard have the same counter; (4) longer prefixes
/// come first: the word of the narrowest one moves least often.
///
/// The writer's functions are not thread-safe; `find_covering` is.
class prefix_set {
public:
  /// A prefix word and its value when it was first loaded.
  struct bracket {
    const atomic_word* word = nullptr;
    uint64_t value = 0;

    explicit operator bool() const noexcept {
      return word != nullptr;
    }

    /// Rd3: equal as a whole; relaxed suffices after the acquire fence.
    bool still_holds() const noexcept {
      return word->load(std::memory_order_relaxed) == value;
    }
  };

  /// @param prefixes_max  how many can be held at once
  prefix_set(size_t prefixes_max, garbage& trash, usage& counts);

  /// @pre no reader is left
  ~prefix_set();

  prefix_set(const prefix_set&) = delete;
  prefix_set& operator=(const prefix_set&) = delete;

  // -- readers ----------------------------------------------------------------

  /// The word of the narrowest prefix that covers `path`, a key or a prefix,
  /// and is valid in that tenure; acquire. Null if there is none.
  bracket find_covering(std::string_view path, tenure in) const noexcept;

  // -- writer -----------------------------------------------------------------

  /// Whether a held prefix covers the key.
  bool covers(std::string_view key) const;

  /// W3 (b): moves the counter of every prefix that covers one of the keys.
  void move_counters(std::span<const std::string> keys, tenure in);

  /// W5, the end of "install": valid, with a new counter. All records of the
  /// prefix have been put.
  /// @param prefix  normalized
  /// @returns false, and changes nothing, if that were a prefix too many
  bool install(std::string_view prefix, tenure in);

  /// W5, the start of "drop": not valid. The prefix may be unknown.
  void drop(std::string_view prefix, tenure in);

  /// The same for every prefix that covers the key.
  void drop_covering(std::string_view key, tenure in);

  /// The same for all.
  void drop_all(tenure in);

private:
  struct alignas(64) owned_word {
    atomic_word word{0};
  };

  struct entry {
    std::string prefix;
    owned_word* word;
  };

  using list = std::vector<entry>;

  /// Readers see the same list, as const.
  const list& mine() const;

  template <class Predicate>
  void drop_if(Predicate&& dropped, tenure in);

  void store(owned_word& x, bool valid, tenure in);
  void publish(list next);

  std::atomic<const list*> list_;
  size_t prefixes_max_;
  garbage& trash_;
  usage& counts_;
  uint64_t counter_ = 0;
};

} // namespace muster::lock_free
