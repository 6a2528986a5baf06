// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/machine.hpp"
#include "runtime/placement/expiry.hpp"
#include "runtime/placement/record_feed.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace muster {

/// Ends the allocations on its own machine whose time is over: follows their
/// records, one shard's, on a thread of its own. Every machine that has a part
/// of an allocation does so; the first command to end it wins, and the others
/// are refused.
class expiry_keeper {
public:
  /// Releases an allocation; may block.
  using end_function = std::function<void(const std::string& id)>;

  expiry_keeper(machine& node, end_function end);

  /// Waits for an end that is under way.
  ~expiry_keeper();

  expiry_keeper(const expiry_keeper&) = delete;
  expiry_keeper& operator=(const expiry_keeper&) = delete;

private:
  void apply(const std::string& key, std::optional<std::string_view> value,
             sequence version);
  void run();

  end_function end_;
  expiry core_; // of the thread
  record_feed feed_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool work_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

} // namespace muster
