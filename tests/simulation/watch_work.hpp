// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/simulation/change_book.hpp"
#include "tests/simulation/production_machine.hpp"
#include "tests/simulation/watch_follower.hpp"

#include <memory>
#include <string>
#include <vector>

namespace muster::sim {

/// Users who watch a prefix at one machine after the other: they go when it
/// dies, or for no reason, and come back to another one with their position,
/// sometimes late enough for the log to have forgotten it.
///
/// Not thread-safe; lives as long as the world.
class watch_work {
public:
  watch_work(sim_world& world, const cluster_shape& shape,
             const change_book& truth, sim_random random);
  ~watch_work();

  void begin(size_t count);

  /// Nobody goes any more, and who is away comes back.
  void settle() {
    settled_ = true;
  }

  /// What was told wrongly, at the end, when nothing changes any more; empty:
  /// nothing.
  std::string judge(const std::map<shard_id, sequence>& committed) const;

  size_t told_count() const;
  size_t compacted_count() const;

  size_t resumed_count() const {
    return resumed_;
  }

private:
  struct watcher;

  void look(watcher& w);
  void come(watcher& w);
  void go(watcher& w);
  production_machine* present(const watcher& w) const;
  production_machine* usable(const machine_id& id) const;
  void take(watcher& w, uint64_t turn, const std::vector<watch_event>& x);

  sim_world& world_;
  cluster_shape shape_;
  const change_book& truth_;
  sim_random random_;
  bool settled_ = false;
  std::vector<std::unique_ptr<watcher>> watchers_;
  size_t resumed_ = 0;
  std::string problem_;
};

} // namespace muster::sim
