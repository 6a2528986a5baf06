// SPDX-License-Identifier: Apache-2.0
#include "actors/policy_board.hpp"

#include "registry/key.hpp"
#include "registry/shard_replica.hpp"

namespace muster {

policy_board::policy_board(uint32_t shard_count)
  : shard_(shard_of(policies_prefix, shard_count)) {
  // nop
}

bool policy_board::look(const shard_replica& x, bool leased) {
  if (!x.promised()) { // no role, or one that has not begun
    lens_.forget();
    return false;
  }
  // A primary has everything that is committed (L2), and so has a replica that
  // is covered (T3). Another one may know less than a copy did before.
  auto whole = x.is_primary() || leased;
  if (whole != whole_)
    lens_.forget();
  whole_ = whole;
  auto before = book_.version();
  if (auto seen = lens_.look(x.context())) {
    seen->whole = whole;
    book_.show(*seen);
  }
  return book_.version() != before;
}

bool policy_board::look(const local_copies& x) {
  if (x.own_version() == copies_version_)
    return false;
  copies_version_ = x.own_version();
  auto before = book_.version();
  if (auto seen = x.own_view())
    book_.show(*seen);
  return book_.version() != before;
}

} // namespace muster
