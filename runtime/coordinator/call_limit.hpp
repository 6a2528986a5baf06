// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/coordinator.hpp"

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>

namespace muster {

/// Counts a coordinator's calls without an answer. Thread-safe; the callbacks
/// it wraps may outlive it.
class call_limit {
public:
  explicit call_limit(size_t max) : max_(max) {
    // nop
  }

  /// Counts one call until the callback that it returns has been called.
  /// @returns nothing at the limit; `then` is then untouched
  template <class T>
  std::optional<coordinator::callback<T>>
  enter(coordinator::callback<T>& then) {
    if (count_->fetch_add(1) >= max_) {
      count_->fetch_sub(1);
      return std::nullopt;
    }
    return [count = count_, then = std::move(then)](result<T> x) {
      // Before the callback, which may make the next call.
      count->fetch_sub(1);
      then(std::move(x));
    };
  }

private:
  size_t max_;
  std::shared_ptr<std::atomic<size_t>> count_
    = std::make_shared<std::atomic<size_t>>(0);
};

} // namespace muster
