// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/watch_follower.hpp"

#include "registry/key.hpp"

#include <algorithm>
#include <utility>

namespace muster::sim {

namespace {

std::string at(shard_id shard, sequence version, const std::string& key) {
  return " at " + std::to_string(shard.value) + ":"
         + std::to_string(version.value) + " " + key;
}

} // namespace

watch_follower::watch_follower(const change_book& truth, std::string prefix,
                               uint32_t shard_count, bool from_start)
  : truth_(truth), prefix_(std::move(prefix)), from_start_(from_start) {
  for (auto id : shards_under(prefix_, shard_count))
    concerns_.insert(id);
}

void watch_follower::reconnect() {
  for (auto& [id, s] : shards_) {
    s.told.clear();
    s.copying = false;
    s.last = s.at;
    if (!std::exchange(s.copied, false))
      continue;
    s.records.clear(); // he has a part of a snapshot only
  }
}

std::string watch_follower::take(const watch_event& x) {
  using kind = watch_event::kind;
  auto& s = shards_[x.shard];
  ++told_count_;
  switch (x.what) {
    case kind::ended:
      return {};
    case kind::compacted:
      ++compacted_count_;
      if (x.resume != sequence{})
        return "a snapshot can be left and never be whole"
               + at(x.shard, {}, {});
      s = shard{};
      s.placed = s.copying = s.copied = true;
      return {};
    case kind::record:
      if (!s.copying)
        return "a record came outside a snapshot"
               + at(x.shard, x.version, x.key);
      s.records[x.key] = {x.version, x.value};
      break;
    case kind::current:
      s.copying = false;
      s.last = sequence{};
      break;
    case kind::change:
      if (auto wrong = on_change(s, x); !wrong.empty())
        return wrong;
      break;
    case kind::position:
      break;
  }
  return x.resume ? on_position(s, x) : std::string{};
}

std::string watch_follower::on_change(shard& s, const watch_event& x) {
  auto where = at(x.shard, x.version, x.key);
  if (s.copying)
    return "a change came inside a snapshot" + where;
  if (x.version < s.last)
    return "a change came after a later one" + where;
  auto known = s.records.find(x.key);
  auto in_snapshot = s.copied && known != s.records.end()
                     && known->second.version >= x.version;
  if (x.version <= s.at || in_snapshot)
    return "a change came again" + where;
  if (!s.told[x.version].emplace(x.key, x).second)
    return "a change came twice" + where;
  s.last = x.version;
  if (x.erased)
    s.records.erase(x.key);
  else
    s.records[x.key] = {x.version, x.value};
  return {};
}

std::string watch_follower::on_position(shard& s, const watch_event& x) {
  auto upto = *x.resume;
  if (s.copying)
    return "a position came inside a snapshot" + at(x.shard, upto, {});
  if (!s.placed) {
    s.since = from_start_ ? sequence{} : upto;
    s.at = from_start_ ? sequence{} : upto;
  }
  s.placed = true;
  if (upto < s.at)
    return "a position went back" + at(x.shard, upto, {});
  auto wrong = s.copied ? std::string{} : check_changes(x.shard, s, upto);
  s.told.erase(s.told.begin(), s.told.upper_bound(upto));
  s.at = upto;
  if (wrong.empty() && std::exchange(s.copied, false))
    wrong = check_picture(x.shard, s);
  return wrong;
}

std::string watch_follower::check_changes(shard_id id, const shard& s,
                                          sequence upto) const {
  auto whole = false;
  auto truth = truth_.between(id, s.at, upto, whole);
  for (auto& [version, changes] : s.told)
    for (auto& [key, x] : changes)
      if (auto true_one
          = std::find_if(truth.begin(), truth.end(),
                         [at = version](auto& y) { return y.first == at; });
          version > s.at && version <= upto && whole
          && (true_one == truth.end() || true_one->second->count(key) == 0))
        return "a change was told that never was" + at(id, version, key);
  for (auto& [version, entry] : truth) {
    for (auto& [key, change] : *entry) {
      if (!covers(prefix_, key))
        continue;
      auto told = s.told.find(version);
      if (told == s.told.end() || told->second.count(key) == 0)
        return "a change was not told" + at(id, version, key);
      auto& x = told->second.at(key);
      if (x.erased != change.erased || (!x.erased && x.value != change.value))
        return "a change was told wrongly" + at(id, version, key);
    }
  }
  return {};
}

std::string watch_follower::check_picture(shard_id id, const shard& s) const {
  auto whole = false;
  std::map<std::string, std::pair<sequence, const change_book::change*>> newest;
  for (auto& [version, entry] : truth_.between(id, s.since, s.at, whole))
    for (auto& [key, change] : *entry)
      if (covers(prefix_, key))
        newest[key] = {version, &change};
  for (auto& [key, truth] : newest) {
    auto found = s.records.find(key);
    auto wrong = truth.second->erased
                   ? found != s.records.end()
                   : found == s.records.end()
                       || found->second.version != truth.first
                       || found->second.value != truth.second->value;
    // A replica may not have shown every entry: then another one may be newer.
    if (wrong && whole)
      return "the picture of a record is wrong" + at(id, truth.first, key);
  }
  for (auto& [key, told] : s.records)
    if (whole && told.version > s.since && newest.count(key) == 0)
      return "a record was told that is not there" + at(id, told.version, key);
  return {};
}

std::string watch_follower::judge() const {
  for (auto& [id, s] : shards_)
    if (auto wrong = check_picture(id, s); !wrong.empty())
      return wrong;
  return {};
}

bool watch_follower::is_behind(
  const std::map<shard_id, sequence>& committed) const {
  for (auto& [id, upto] : committed)
    if (concerns_.count(id) > 0
        && (shards_.count(id) == 0 || shards_.at(id).at < upto))
      return true;
  return false;
}

} // namespace muster::sim
