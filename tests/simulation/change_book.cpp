// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/change_book.hpp"

namespace muster::sim {

void change_book::add(shard_id shard, const log_entry& x) {
  auto [i, is_new] = entries_[shard].try_emplace(x.at);
  if (!is_new)
    return;
  for (auto& e : x.effects)
    if (!e.locked && e.standing == sequence{})
      i->second[e.key] = {e.value, e.erased};
}

std::vector<std::pair<sequence, const change_book::entry*>>
change_book::between(shard_id shard, sequence after, sequence upto,
                     bool& whole) const {
  std::vector<std::pair<sequence, const entry*>> out;
  whole = true;
  auto found = entries_.find(shard);
  if (found == entries_.end()) {
    whole = after == upto;
    return out;
  }
  auto expected = after;
  for (auto i = found->second.upper_bound(after);
       i != found->second.end() && i->first <= upto; ++i) {
    expected = expected.next();
    whole = whole && i->first == expected;
    expected = i->first;
    out.emplace_back(i->first, &i->second);
  }
  whole = whole && expected == upto;
  return out;
}

} // namespace muster::sim
