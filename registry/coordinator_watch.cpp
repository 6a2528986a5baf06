// SPDX-License-Identifier: Apache-2.0
#include "registry/coordinator_watch.hpp"

#include <utility>

namespace muster {

coordinator_watch::verdict
coordinator_watch::on_read(epoch at, uint64_t own_registration) {
  verdict out;
  out.usable = at >= newest_;
  out.went_back = !out.usable && !std::exchange(back_, !out.usable);
  if (!out.usable)
    return out;
  back_ = false;
  newest_ = at;
  // Reads from before the registration do not know it.
  auto gone = own_registration == 0 && own_registration_ != 0;
  if (own_registration != 0)
    own_registration_ = own_registration;
  out.expelled = gone && !std::exchange(expelled_, true);
  return out;
}

} // namespace muster
