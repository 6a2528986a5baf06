// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace muster {

/// What could not be found out, each thing once. Not thread-safe.
class complaints {
public:
  void say(const std::string& text) {
    if (said_.insert(text).second)
      fresh_.push_back(text);
  }

  /// Those since the last call.
  std::vector<std::string> take() {
    return std::exchange(fresh_, {});
  }

private:
  std::set<std::string> said_;
  std::vector<std::string> fresh_;
};

} // namespace muster
