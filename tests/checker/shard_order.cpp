// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/shard_order.hpp"

#include <algorithm>
#include <cassert>

namespace muster::sim {

void shard_order::add_key(const std::string& key,
                          const std::vector<key_state>& states,
                          int64_t erased) {
  known_key known{key, erased, {{0, false}}};
  const operation* last_reader = states.front().last_reader;
  for (size_t i = 1; i < states.size(); ++i) {
    const auto& x = states[i];
    if (x.hidden)
      continue;
    known.versions.emplace_back(x.version, x.value.has_value());
    step s;
    s.version = x.version;
    s.by = x.by;
    // Who made a version that only readers saw is a guess of the search.
    bool certain = x.by->outcome == answer::ok;
    if (certain) {
      s.low = {x.by->call_ns, x.by, false};
      s.high = {x.by->return_ns, x.by, false};
    }
    if (last_reader && last_reader->call_ns > s.low.at)
      s.low = {last_reader->call_ns, last_reader, true};
    if (x.first_reader && x.first_reader->return_ns < s.high.at)
      s.high = {x.first_reader->return_ns, x.first_reader, true};
    steps_.push_back(s);
    if (x.last_reader
        && (!last_reader || x.last_reader->call_ns > last_reader->call_ns))
      last_reader = x.last_reader;
  }
  keys_.push_back(std::move(known));
}

void shard_order::add_listing(const operation& by,
                              std::vector<listed_row> rows) {
  listings_.push_back({&by, std::move(rows), {}, 0});
}

finding shard_order::judge() {
  if (auto wrong = merge_steps())
    return wrong;
  std::sort(keys_.begin(), keys_.end(),
            [](const auto& x, const auto& y) { return x.name < y.name; });
  for (auto& x : listings_)
    if (auto wrong = narrow(x))
      return wrong;
  if (auto wrong = bound_steps())
    return wrong;
  for (const auto& x : listings_)
    if (auto wrong = check_instant(x))
      return wrong;
  return {};
}

/// Steps of one command become one; the first step is the empty shard.
finding shard_order::merge_steps() {
  std::stable_sort(steps_.begin(), steps_.end(),
                   [](auto& x, auto& y) { return x.version < y.version; });
  std::vector<step> merged(1);
  for (const auto& x : steps_) {
    auto& last = merged.back();
    if (x.version != last.version) {
      merged.push_back(x);
      continue;
    }
    bool certain = x.by->outcome == answer::ok
                   && last.by->outcome == answer::ok;
    bool one_command = x.by->client == last.by->client
                       && x.by->call_ns == last.by->call_ns;
    if (certain && !one_command)
      return {fault_found::version_reused, last.by, x.by};
    if (x.low.at > last.low.at)
      last.low = x.low;
    if (x.high.at < last.high.at)
      last.high = x.high;
  }
  steps_ = std::move(merged);
  return {};
}

const shard_order::known_key* shard_order::find(const std::string& key) const {
  auto i = std::lower_bound(keys_.begin(), keys_.end(), key,
                            [](const known_key& x, const std::string& name) {
                              return x.name < name;
                            });
  return i != keys_.end() && i->name == key ? &*i : nullptr;
}

/// Marks the steps after which the shard was as listed, whenever that was.
finding shard_order::narrow(listing& x) {
  uint64_t from = 0;
  uint64_t before = std::numeric_limits<uint64_t>::max();
  for (const auto& row : x.rows) {
    from = std::max(from, row.version);
    auto known = find(row.key);
    if (!known)
      continue;
    auto next = std::upper_bound(known->versions.begin(), known->versions.end(),
                                 std::pair{row.version, true});
    if (next != known->versions.end())
      before = std::min(before, next->first);
  }
  // The versions of a key that was not decided are missing among the steps.
  auto above = std::upper_bound(steps_.begin(), steps_.end(), from,
                                [](uint64_t version, const step& y) {
                                  return version < y.version;
                                });
  auto end = std::lower_bound(above, steps_.end(), before,
                              [](const step& y, uint64_t version) {
                                return y.version < version;
                              });
  x.first = static_cast<size_t>(above - steps_.begin()) - 1;
  if (steps_[x.first].version < before)
    x.fits.assign(static_cast<size_t>(end - steps_.begin()) - x.first, true);
  exclude_absent(x);
  auto first = std::find(x.fits.begin(), x.fits.end(), true);
  if (first == x.fits.end())
    return {fault_found::not_a_cut, x.by, nullptr};
  x.first += static_cast<size_t>(first - x.fits.begin());
  x.fits.erase(x.fits.begin(), first);
  while (!x.fits.back())
    x.fits.pop_back();
  auto last = x.first + x.fits.size() - 1;
  auto& begun = steps_[x.first].high;
  if (x.first > 0 && x.by->return_ns < begun.at)
    begun = {x.by->return_ns, x.by, true};
  if (last + 1 < steps_.size() && x.by->call_ns > steps_[last + 1].low.at)
    steps_[last + 1].low = {x.by->call_ns, x.by, true};
  return {};
}

/// No cut while a key that was not listed was there.
void shard_order::exclude_absent(listing& x) const {
  auto begin = steps_[x.first].version;
  for (const auto& key : keys_) {
    bool listed = std::any_of(x.rows.begin(), x.rows.end(),
                              [&](const auto& r) { return r.key == key.name; });
    if (listed || !covers(x.by->key, key.name) || key.erased <= x.by->return_ns)
      continue;
    auto state = std::prev(std::upper_bound(
      key.versions.begin(), key.versions.end(), std::pair{begin, true}));
    for (size_t i = 0; i < x.fits.size(); ++i) {
      while (std::next(state) != key.versions.end()
             && std::next(state)->first <= steps_[x.first + i].version)
        ++state;
      if (state->second)
        x.fits[i] = false;
    }
  }
}

finding shard_order::bound_steps() {
  limit low{never_before};
  for (auto& x : steps_) {
    if (x.low.at > low.at)
      low = x.low;
    x.low = low;
    if (low.at <= x.high.at)
      continue;
    auto kind = fault_found::order_broken;
    if (low.is_reader && low.by->kind == operation_kind::list)
      kind = fault_found::not_a_cut;
    else if (low.is_reader)
      kind = x.high.is_reader ? fault_found::went_back
                              : fault_found::stale_read;
    return {kind, x.high.by, low.by};
  }
  for (size_t i = steps_.size() - 1; i-- > 0;)
    if (steps_[i + 1].high.at < steps_[i].high.at)
      steps_[i].high = steps_[i + 1].high;
  return {};
}

finding shard_order::check_instant(const listing& x) const {
  for (size_t n = 0; n < x.fits.size(); ++n) {
    auto i = x.first + n;
    auto ends = i + 1 < steps_.size() ? steps_[i + 1].high.at : never_after;
    if (x.fits[n] && steps_[i].low.at <= x.by->return_ns
        && ends >= x.by->call_ns)
      return {};
  }
  return {fault_found::not_a_cut, x.by, nullptr};
}

} // namespace muster::sim
