// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/key_copies.hpp"

#include <mutex>

namespace muster {

/// What this machine's copies of single keys are, for metrics. Thread-safe: the
/// copies actor writes at its ticks, everyone reads.
class key_board {
public:
  void set(const key_copy_probe& x) {
    std::lock_guard guard{mutex_};
    newest_ = x;
  }

  key_copy_probe get() const {
    std::lock_guard guard{mutex_};
    return newest_;
  }

private:
  mutable std::mutex mutex_;
  key_copy_probe newest_;
};

} // namespace muster
