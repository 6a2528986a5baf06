// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/watch_state.hpp"

#include <algorithm>

namespace muster {

void watch_state::write(const watch_event& x) {
  auto& keys = shards_[x.shard];
  keys.missing.erase(x.key);
  if (x.erased) {
    keys.known.erase(x.key);
    apply_(x.key, std::nullopt, x.version);
  } else {
    keys.known.insert(x.key);
    apply_(x.key, x.value, x.version);
  }
}

void watch_state::on_event(const watch_event& x) {
  using kind = watch_event::kind;
  switch (x.what) {
    case kind::change:
    case kind::record:
      write(x);
      break;
    case kind::compacted:
      shards_[x.shard].missing = shards_[x.shard].known;
      break;
    case kind::current: {
      auto& keys = shards_[x.shard];
      for (auto& key : keys.missing) {
        keys.known.erase(key);
        apply_(key, std::nullopt, x.version);
      }
      keys.missing.clear();
      break;
    }
    case kind::position:
    case kind::ended:
      break;
  }
  at_.take(x);
}

bool watch_state::reached(const watch_position& target) const {
  return std::all_of(target.at().begin(), target.at().end(), [&](auto& x) {
    auto i = at_.at().find(x.first);
    auto here = i == at_.at().end() ? sequence{} : i->second;
    return here >= x.second;
  });
}

} // namespace muster
