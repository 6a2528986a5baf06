// SPDX-License-Identifier: Apache-2.0
#include "registry/rate_watch.hpp"

#include <cassert>

namespace muster {

void rate_watch::on_exchange(boot_time sent, boot_time received,
                             boot_time theirs) {
  assert(sent <= received);
  exchange x{sent, received, theirs};
  if (!base_)
    base_ = last_ = x;
  // The last one shows a change at once, the base a small difference.
  auto close = fits(*base_, x) && fits(last_, x);
  last_ = x;
  auto age = x.sent - base_->received;
  if (!close)
    agrees_ = false;
  else if (age >= trust_after)
    agrees_ = true;
  if (!close || age >= window)
    base_ = x;
}

bool rate_watch::fits(const exchange& from, const exchange& to) {
  // A clock that stands, or goes backwards, fits only where no time passed. A
  // peer may claim any number: one that cannot be subtracted fits nothing.
  int64_t theirs = 0;
  if (__builtin_sub_overflow(to.theirs.time_since_epoch().count(),
                             from.theirs.time_since_epoch().count(), &theirs))
    return false;
  auto least = (to.sent - from.received).count();
  auto most = (to.received - from.sent).count();
  constexpr auto whole = int64_t{1000};
  constexpr auto more = whole + apart_permille_max;
  // theirs <= most * 1.08 and least <= theirs * 1.08, without overflow.
  return theirs / more * whole <= most && least / more * whole <= theirs;
}

} // namespace muster
