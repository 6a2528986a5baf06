// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace muster {

struct interest_options {
  /// A machine that has read a key so often since its last write is offered a
  /// copy. Smaller = copies of what is read once more, and more messages.
  /// 0 = none is offered.
  uint32_t reads_to_grant = 2;
  /// Pairs of a key and a machine that are remembered, about 200 bytes each;
  /// the least recently read ones are forgotten first.
  size_t pairs_max = 4096;
};

/// Which machines read which keys of a shard at its home, between two writes
/// of the key: who reads one several times is worth a copy of it (D6).
///
/// Age is measured by what was read, not by a clock: of two generations the
/// older one is forgotten when the younger one is full.
///
/// Not thread-safe; owned by the home agent.
class read_interest {
public:
  explicit read_interest(interest_options options);

  /// @returns whether a copy should be offered now: at the threshold, and at
  ///   twice that, four times, ... since an offer may be lost or be no use
  bool on_read(const peer& who, const std::string& key);

  /// Everybody's reads of the key count from now on.
  void on_write(const std::string& key);

  /// This machine's do: it got a copy.
  void forget(const peer& who, const std::string& key);

  void clear();

  size_t pair_count() const {
    return young_.pairs + old_.pairs;
  }

private:
  using readers = std::map<peer, uint32_t>;

  struct generation {
    std::map<std::string, readers> keys;
    size_t pairs = 0;

    void erase(const std::string& key);
    /// @returns how often it had read
    uint32_t take(const peer& who, const std::string& key);
  };

  interest_options options_;
  generation young_;
  generation old_;
};

} // namespace muster
