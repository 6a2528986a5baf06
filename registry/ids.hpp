// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <utility>

namespace muster {

/// A value of type `T` that cannot be mistaken for another id: two ids compare
/// and convert only if their tags are the same.
template <class Tag, class T>
struct named {
  using value_type = T;

  T value{};

  named() = default;

  explicit constexpr named(T x) : value(std::move(x)) {
    // nop
  }

  auto operator<=>(const named&) const = default;

  /// The id that follows this one.
  named next() const requires std::unsigned_integral<T> {
    return named{static_cast<T>(value + 1)};
  }

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, named& x) {
    return f(x.value);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& value;
  }
};

/// A machine of the cluster, chosen by the operator, such as `m1`.
using machine_id = named<struct machine_id_tag, std::string>;

/// One start of a machine's process; grows at every start, never 0 for a
/// registered machine.
using incarnation = named<struct incarnation_tag, uint64_t>;

/// A store directory; a random number made with it, never 0.
using store_id = named<struct store_id_tag, uint64_t>;

/// A shard; from 0 to the cluster's shard count - 1.
using shard_id = named<struct shard_id_tag, uint32_t>;

/// The number of a shard's assignment: the coordinator's modification
/// revision of `shards/<n>`. 0 = none yet.
using epoch = named<struct epoch_tag, uint64_t>;

/// The epoch at which the present primary of a shard took over.
using term = named<struct term_tag, uint64_t>;

/// A position in a shard's log; the first entry is 1. Also a record's version.
using sequence = named<struct sequence_tag, uint64_t>;

/// One unbroken run of leases of one shard from a granter to one incarnation
/// of a holder (T4). 0 = none.
using session = named<struct session_tag, uint64_t>;

/// The number of a copy grant (D2). 0 = none.
using grant_number = named<struct grant_number_tag, uint64_t>;

/// A random number that names one proposed swap of an assignment. 0 = none.
using nonce = named<struct nonce_tag, uint64_t>;

/// The clock of all deadlines and leases: nanoseconds since boot, suspended
/// time included (T1). It has no `now()`: cores get the time as an argument,
/// shells ask `runtime/ports/clock.hpp`.
struct boot_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<boot_clock>;
  static constexpr bool is_steady = true;
};

using boot_time = boot_clock::time_point;
using std::chrono::nanoseconds;

/// One incarnation of a machine: what a lease, a grant or an acknowledgement
/// belongs to (D4).
struct peer {
  machine_id id;
  incarnation run;

  auto operator<=>(const peer&) const = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, peer& x) {
    return f(x.id, x.run);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& id& run;
  }
};

} // namespace muster

template <class Tag, class T>
struct std::hash<muster::named<Tag, T>> {
  size_t operator()(const muster::named<Tag, T>& x) const noexcept {
    return std::hash<T>{}(x.value);
  }
};
