// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/expiry.hpp"

namespace muster {

void expiry::put(const std::string& id, sequence version,
                 std::optional<nanoseconds> duration, boot_time now) {
  auto i = ends_.find(id);
  if (i != ends_.end() && i->second.version == version)
    return;
  if (!duration)
    ends_.erase(id);
  else
    ends_[id] = {version, now + *duration};
}

std::vector<std::string> expiry::due(boot_time now) {
  std::vector<std::string> out;
  for (auto& [id, x] : ends_)
    if (now >= x.at) {
      out.push_back(id);
      x.at = now + retry;
    }
  return out;
}

} // namespace muster
