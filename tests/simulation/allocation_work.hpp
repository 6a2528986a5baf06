// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/inventory.hpp"
#include "allocator/reservation.hpp"
#include "allocator/selector.hpp"
#include "tests/simulation/production_machine.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace muster::sim {

/// Users who reserve resources of a few hosts, through the allocator's core,
/// and give them back. None of them ever hears what is left: every inventory
/// has all of it, so the homes' counters alone keep them from taking too much
/// (I14). Ids are their own or not; who does not learn what became of a command
/// sends the very same one again, until it does.
///
/// Judged at the end, from the records alone: no counter is below 0, each
/// misses what the allocations' records say, a claim is there if and only if
/// its allocation is, what was given back is gone, and what was got and not
/// given back is there.
///
/// Not thread-safe; lives as long as the world.
class allocation_work {
public:
  allocation_work(sim_world& world, const cluster_shape& shape,
                  sim_random random);
  ~allocation_work();

  /// A machine has a user from now on.
  void begin_at(const machine_id& id);

  /// Nobody reserves or gives back anything any more; what is open goes on.
  void stop() {
    stopped_ = true;
  }

  /// Looks at the records, so all shards must be served and nothing on its way.
  /// Empty: nothing is wrong.
  std::string judge() const;

  size_t placed_count() const {
    return placed_;
  }

  /// Attempts that lost a race.
  size_t lost_count() const {
    return lost_;
  }

private:
  struct user;
  using answer_function = std::function<void(std::optional<errc>, sequence)>;

  /// What judges know of an allocation.
  enum class fate : uint8_t { unsure, here, gone };

  production_machine* usable(const machine_id& id) const;
  void wake_later(user& u);
  void wake(user& u);
  void begin_host(user& u);
  void reserve(user& u);
  void attempt(user& u);
  void on_attempt(user& u, std::optional<errc> x);
  void release(user& u);
  void send(user& u, command_plan what, const answer_function& then);
  void submit(user& u);
  std::optional<std::string> value_of(const std::string& key, sequence& version,
                                      std::string& wrong) const;
  std::map<std::string, std::string> records(const std::string& prefix) const;
  std::string judge_counters() const;
  std::string judge_records() const;

  sim_world& world_;
  cluster_shape shape_;
  sim_random random_;
  bool stopped_ = false;
  inventory hosts_;
  selector choose_{hosts_};
  std::vector<std::unique_ptr<user>> users_;
  std::map<std::string, fate> fates_; // by the allocation's id
  size_t names_ = 0;
  size_t placed_ = 0;
  size_t lost_ = 0;
};

} // namespace muster::sim
