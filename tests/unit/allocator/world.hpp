// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/record_keys.hpp"
#include "allocator/selector.hpp"
#include "bench/plain_selection.hpp"

#include <deque>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace muster::test {

/// What is known of a machine, as plainly as possible.
struct plain_machine {
  machine_resources facts;
  std::map<std::string, device_resources> devices;
  std::map<counter_name, int64_t> counters;
  std::optional<uint32_t> load_permille;
  bool started = false;
};

/// An inventory and the same facts beside it in maps, from which candidates are
/// made for the naive twin.
class world {
public:
  inventory in;
  std::map<std::string, plain_machine> machines;
  std::set<std::pair<std::string, std::string>> links;

  void put(const std::string& id, machine_resources x);
  void remove(const std::string& id);
  void put(const std::string& id, const std::string& device,
           device_resources x);
  void remove(const std::string& id, const std::string& device);
  void count(const std::string& id, const counter_name& counter,
             std::optional<int64_t> value);
  void load(const std::string& id, std::optional<uint32_t> permille);
  void start(const std::string& id, bool on);
  void link(const std::string& a, const std::string& b);
  void unlink(const std::string& a, const std::string& b);

  /// Tells another inventory everything.
  void tell(inventory& to) const;

  /// Breadth-first search, naively. Nothing: no path.
  std::map<std::string, uint32_t> hops_from(const std::string& place) const;

  struct named_candidate {
    std::string machine;
    std::string device;
  };

  /// All candidates of a request's sort, with their names in the same order.
  std::vector<bench::plain_candidate>
  candidates(const qos& x, std::vector<named_candidate>& names) const;

  bench::plain_request request(const qos& x, bool dry_run = false) const;

private:
  uint64_t left(const plain_machine& x, const counter_name& counter,
                uint64_t all) const;
  bench::plain_candidate candidate(const plain_machine& x,
                                   const device_resources* device) const;

  mutable std::map<std::string, uint32_t> numbers_; // of kinds and racks
};

/// Random facts and requests. Few different values, so that equals and exact
/// bounds are frequent.
class dice {
public:
  explicit dice(uint64_t seed) : random_(seed) {
    // nop
  }

  uint64_t next() {
    return random_();
  }

  uint64_t below(uint64_t n) {
    return random_() % n;
  }

  bool one_in(uint64_t n) {
    return below(n) == 0;
  }

  /// From 0 to 2^58, more often small or near a power of two.
  uint64_t quantity();
  std::vector<std::string> labels();
  machine_resources machine();
  device_resources device();
  /// Passes `check_qos`.
  qos request(const std::vector<std::string>& places);

private:
  qos any_request(const std::vector<std::string>& places);

  std::mt19937_64 random_;
};

/// One random change of a record.
void change(world& x, dice& with);

/// A world after so many changes.
void grow(world& x, dice& with, int changes);

/// The names that hops can count from.
std::vector<std::string> places_of(const world& x);

} // namespace muster::test
