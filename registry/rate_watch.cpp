// SPDX-License-Identifier: Apache-2.0
#include "registry/rate_watch.hpp"

#include <cassert>

namespace muster {

void rate_watch::on_exchange(boot_time sent, boot_time received,
                             boot_time theirs) {
  assert(sent <= received);
  exchange x{sent, received, theirs};
  if (count_++ == 0)
    base_ = last_ = x;
  // The last one shows a change at once, the base a small difference.
  auto close = fits(base_, x) && fits(last_, x);
  last_ = x;
  auto age = x.sent - base_.received;
  if (!close)
    agrees_ = false;
  else if (age >= trust_after)
    agrees_ = true;
  if (!close || age >= window)
    base_ = x;
}

bool rate_watch::fits(const exchange& from, const exchange& to) {
  // A clock that stands, or goes backwards, fits only where no time passed.
  auto theirs = (to.theirs - from.theirs).count();
  auto least = (to.sent - from.received).count();
  auto most = (to.received - from.sent).count();
  constexpr auto whole = int64_t{1000};
  constexpr auto more = whole + apart_permille_max;
  // theirs <= most * 1.08 and least <= theirs * 1.08, without rounding.
  return theirs / more * whole <= most && least / more * whole <= theirs;
}

} // namespace muster
