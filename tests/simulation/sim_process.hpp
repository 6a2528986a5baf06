// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "tests/simulation/sim_random.hpp"
#include "tests/simulation/sim_scheduler.hpp"

#include <deque>
#include <map>
#include <memory>

namespace muster::sim {

/// One start of a machine's process, as the world sees it: the gate that every
/// callback to it passes.
///
/// Life: running, then perhaps paused and running again, in the end dead for
/// ever; a restart is a new object. A dead process gets no callback. A paused
/// one gets them when it goes on: in order within a stream (a connection, the
/// disk, a timer), in any order between streams.
///
/// Events hold it by `shared_ptr`, so it outlives what is on its way to it.
class sim_process {
public:
  using callback = std::function<void()>;

  /// Callbacks of one stream keep their order.
  using stream = uint64_t;

  sim_process(sim_scheduler& scheduler, machine_id id);

  const machine_id& id() const {
    return id_;
  }

  bool alive() const {
    return alive_;
  }

  bool paused() const {
    return paused_;
  }

  sim_scheduler& scheduler() const {
    return scheduler_;
  }

  /// A stream that nobody else uses.
  stream new_stream() {
    return ++last_stream_;
  }

  /// Runs `x` now, or when the pause ends, or never.
  void deliver(stream in, callback x);

  void pause();

  void resume(sim_random& random);

  void kill();

private:
  sim_scheduler& scheduler_;
  machine_id id_;
  bool alive_ = true;
  bool paused_ = false;
  stream last_stream_ = 0;
  std::map<stream, std::deque<callback>> held_;
};

using process_ptr = std::shared_ptr<sim_process>;

} // namespace muster::sim
