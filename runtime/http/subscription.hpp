// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/event_queue.hpp"
#include "runtime/machine.hpp"

#include <memory>

namespace muster::http {

/// One watcher over HTTP. The machine's callback owns the queue only, never
/// the handle: so the handle is not destroyed inside its own callback.
struct subscription {
  std::shared_ptr<event_queue> queue;
  std::unique_ptr<watch_handle> handle;
  /// Its place among `options::watches_max`, given back by its deleter.
  std::shared_ptr<void> place;
};

} // namespace muster::http
