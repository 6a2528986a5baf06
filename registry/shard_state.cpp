// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_state.hpp"

#include <cassert>

namespace muster {

namespace {

void put_u64(std::string& out, uint64_t x) {
  for (int shift = 56; shift >= 0; shift -= 8)
    out.push_back(static_cast<char>((x >> shift) & 0xFF));
}

/// @returns false if there are fewer than eight bytes left
bool get_u64(std::string_view& in, uint64_t& out) {
  if (in.size() < 8)
    return false;
  out = 0;
  for (size_t i = 0; i < 8; ++i)
    out = (out << 8) | static_cast<unsigned char>(in[i]);
  in.remove_prefix(8);
  return true;
}

std::string id_key(sequence at) {
  std::string out{"d"};
  put_u64(out, at.value);
  return out;
}

std::string record_row(const record& x) {
  std::string out;
  out.reserve(8 + x.value.size());
  put_u64(out, x.version.value);
  return out += x.value;
}

} // namespace

const record* shard_state::find(const std::string& key) const {
  auto i = records_.find(key);
  return i == records_.end() ? nullptr : &i->second;
}

const remembered* shard_state::find(const command_id& id) const {
  auto i = ids_.find(id.value);
  return i == ids_.end() ? nullptr : &i->second;
}

std::optional<sequence> shard_state::oldest_remembered() const {
  if (by_sequence_.empty())
    return std::nullopt;
  return by_sequence_.begin()->first;
}

void shard_state::apply(const log_entry& entry, uint64_t hash) {
  assert(entry.at == committed_.next());
  committed_ = entry.at;
  last_term_ = entry.of;
  last_hash_ = hash;
  for (auto& x : entry.effects) {
    if (x.erased)
      records_.erase(x.key);
    else
      records_[x.key] = record{x.value, entry.at};
    dirty_keys_.insert(x.key);
  }
  if (entry.kind == entry_kind::forget)
    forget_upto(entry.floor);
  else
    remember(entry);
}

void shard_state::remember(const log_entry& entry) {
  auto what = entry.kind == entry_kind::command ? outcome::committed
                                                : outcome::refused;
  ids_[entry.id.value] = remembered{what, entry.at, entry.counters};
  by_sequence_[entry.at] = entry.id.value;
  dirty_ids_.insert(entry.at);
}

void shard_state::forget_upto(sequence floor) {
  while (!by_sequence_.empty() && by_sequence_.begin()->first <= floor) {
    auto first = by_sequence_.begin();
    ids_.erase(first->second);
    dirty_ids_.insert(first->first);
    by_sequence_.erase(first);
  }
  floor_ = std::max(floor_, floor);
}

std::string shard_state::head_row() const {
  std::string out;
  put_u64(out, committed_.value);
  put_u64(out, last_term_.value);
  put_u64(out, last_hash_);
  put_u64(out, floor_.value);
  return out;
}

std::string shard_state::id_row(const std::string& id,
                                const remembered& x) const {
  std::string out;
  out.push_back(static_cast<char>(x.what));
  put_u64(out, x.counters.size());
  for (auto counter : x.counters)
    put_u64(out, static_cast<uint64_t>(counter));
  return out += id;
}

std::vector<shard_state::changed_row> shard_state::take_changes() {
  std::vector<changed_row> out;
  out.reserve(changed_count() + 1);
  out.push_back({"h", head_row(), false});
  for (auto& key : dirty_keys_) {
    auto x = find(key);
    out.push_back({"r" + key, x ? record_row(*x) : std::string{}, !x});
  }
  for (auto at : dirty_ids_) {
    auto i = by_sequence_.find(at);
    if (i == by_sequence_.end())
      out.push_back({id_key(at), {}, true});
    else
      out.push_back({id_key(at), id_row(i->second, ids_.at(i->second)), false});
  }
  dirty_keys_.clear();
  dirty_ids_.clear();
  return out;
}

std::vector<snapshot_row> shard_state::rows() const {
  std::vector<snapshot_row> out;
  out.reserve(records_.size() + ids_.size() + 1);
  for (auto& [at, id] : by_sequence_)
    out.push_back({id_key(at), id_row(id, ids_.at(id))});
  out.push_back({"h", head_row()});
  for (auto& [key, x] : records_)
    out.push_back({"r" + key, record_row(x)});
  return out;
}

bool shard_state::load(const std::vector<snapshot_row>& rows) {
  *this = shard_state{};
  for (auto& row : rows)
    if (row.key.empty() || !load_row(row))
      return false;
  return true;
}

bool shard_state::load_row(const snapshot_row& row) {
  auto rest = std::string_view{row.value};
  uint64_t x = 0;
  switch (row.key[0]) {
    case 'h': {
      uint64_t head[4];
      for (auto& field : head)
        if (!get_u64(rest, field))
          return false;
      committed_ = sequence{head[0]};
      last_term_ = term{head[1]};
      last_hash_ = head[2];
      floor_ = sequence{head[3]};
      return true;
    }
    case 'r':
      if (!get_u64(rest, x))
        return false;
      records_[row.key.substr(1)] = record{std::string{rest}, sequence{x}};
      return true;
    case 'd': {
      auto key = std::string_view{row.key}.substr(1);
      uint64_t at = 0;
      if (!get_u64(key, at) || rest.empty())
        return false;
      remembered found{static_cast<outcome>(rest[0]), sequence{at}, {}};
      rest.remove_prefix(1);
      uint64_t count = 0;
      if (!get_u64(rest, count) || count > command_parts_max)
        return false;
      for (; count > 0; --count) {
        if (!get_u64(rest, x))
          return false;
        found.counters.push_back(static_cast<int64_t>(x));
      }
      by_sequence_[sequence{at}] = std::string{rest};
      ids_[std::string{rest}] = std::move(found);
      return true;
    }
    default:
      return false;
  }
}

} // namespace muster
