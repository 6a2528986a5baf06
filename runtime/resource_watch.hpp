// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/config/process_options.hpp"
#include "runtime/discovery/discovery.hpp"
#include "runtime/discovery/linux_host.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/events.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

namespace muster {

/// What the configuration says about a machine's inventory.
/// @pre `check` has passed it
discovery_options discovery_options_of(const process_options& x);

/// Looks at the host again and again, on a thread of its own, since that
/// blocks: at what it has each minute, at its load every 2 s.
class resource_watch {
public:
  /// Called on the watch's thread; must not block.
  struct listener {
    std::function<void(found_inventory)> found;
    std::function<void(load_record)> load;
  };

  /// @param clock, events  referred to
  resource_watch(discovery_options how, clock_source& clock, event_sink& events,
                 listener to);

  resource_watch(const resource_watch&) = delete;
  resource_watch& operator=(const resource_watch&) = delete;

  /// Waits until nothing is called any more; a measurement under way is over
  /// within a second.
  ~resource_watch();

private:
  void run();
  void tell_complaints();

  clock_source& clock_;
  event_sink& events_;
  listener to_;
  linux_host host_;
  discovery discovery_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace muster
