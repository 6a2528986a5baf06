// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_state.hpp"

#include "registry/row_numbers.hpp"
#include "registry/transaction_rows.hpp"

#include <algorithm>
#include <cassert>
#include <set>

namespace muster {

namespace {

constexpr uint64_t block_size = 256;

/// In the byte of the outcome: a digest follows; the command's other
/// operations were done.
constexpr uint64_t has_digest = 0x80;
constexpr uint64_t did_otherwise = 0x40;

uint64_t block_of(sequence at) {
  return at.value / block_size;
}

std::string block_key(uint64_t block) {
  std::string out{"d"};
  put_number(out, block);
  return out;
}

void put_remembered(std::string& out, const remembered_ids::item& x) {
  put_number(out, x.what.at.value);
  auto what = static_cast<uint64_t>(x.what.what);
  if (x.what.digest != 0)
    what |= has_digest;
  if (x.what.otherwise)
    what |= did_otherwise;
  put_number(out, what, 1);
  if (x.what.digest != 0)
    put_number(out, x.what.digest, 4);
  put_number(out, x.what.counters.size(), 2);
  for (auto counter : x.what.counters)
    put_number(out, static_cast<uint64_t>(counter));
  put_number(out, x.id.size(), 2);
  out += x.id;
}

bool get_remembered(std::string_view& in, remembered_ids::item& out) {
  uint64_t at = 0;
  uint64_t what = 0;
  uint64_t digest = 0;
  uint64_t count = 0;
  uint64_t counter = 0;
  constexpr auto bits = has_digest | did_otherwise;
  if (!get_number(in, at) || !get_number(in, what, 1)
      || (what & ~bits) > static_cast<uint64_t>(outcome::unknown)
      || ((what & has_digest) != 0 && !get_number(in, digest, 4))
      || !get_number(in, count, 2) || count > command_parts_max)
    return false;
  out.what = {static_cast<outcome>(what & ~bits),
              static_cast<uint32_t>(digest),
              (what & did_otherwise) != 0,
              sequence{at},
              {}};
  for (; count > 0; --count) {
    if (!get_number(in, counter))
      return false;
    out.what.counters.push_back(static_cast<int64_t>(counter));
  }
  uint64_t length = 0;
  if (!get_number(in, length, 2) || in.size() < length)
    return false;
  out.id = in.substr(0, length);
  in.remove_prefix(length);
  return true;
}

std::string record_row(const record& x) {
  std::string out;
  out.reserve(8 + x.value.size());
  put_number(out, x.version.value);
  return out += x.value;
}

} // namespace

const record* shard_state::find(const std::string& key) const {
  auto i = records_.find(key);
  return i == records_.end() ? nullptr : &i->second;
}

const remembered* shard_state::find(const command_id& id) const {
  return ids_.find(id.value);
}

void shard_state::apply(const log_entry& entry, uint64_t hash) {
  assert(entry.at == committed_.next());
  committed_ = entry.at;
  last_term_ = entry.of;
  last_hash_ = hash;
  apply_effects(entry);
  switch (entry.kind) {
    case entry_kind::command:
    case entry_kind::refusal:
      remember(entry);
      break;
    case entry_kind::forget:
      ids_.forget_upto(entry.floor);
      floor_ = std::max(floor_, entry.floor);
      break;
    default:
      apply_part(entry);
  }
}

void shard_state::apply_effects(const log_entry& entry) {
  for (auto& x : entry.effects) {
    if (x.locked)
      continue;
    auto version = x.standing == sequence{} ? entry.at : x.standing;
    if (x.erased)
      records_.erase(x.key);
    else
      records_[x.key] = record{x.value, version};
    dirty_keys_.push_back(x.key);
  }
}

void shard_state::apply_part(const log_entry& entry) {
  auto& id = entry.id.value;
  dirty_parts_.insert(id);
  if (entry.kind == entry_kind::prepare) {
    prepared_part x{entry.attempt, entry.at, entry.others, {}, entry.planned};
    for (auto& e : entry.effects)
      x.keys.push_back(e.key);
    prepared_[id] = std::move(x);
    return;
  }
  if (entry.kind == entry_kind::finish) {
    open_decisions_.erase(id);
    return;
  }
  prepared_.erase(id);
  // Participants remember a commit too: a late prepare of it begins nothing.
  if (entry.kind != entry_kind::abort_part)
    remember(entry);
  if (entry.kind == entry_kind::commit_part && !entry.others.empty())
    open_decisions_[id] = {entry.attempt, entry.others, entry.otherwise};
}

void shard_state::remember(const log_entry& entry) {
  // A home never logs an id twice; what a peer sent must not break this one.
  if (ids_.find(entry.id.value) != nullptr)
    return;
  auto what = entry.kind == entry_kind::command
                  || entry.kind == entry_kind::commit_part
                ? outcome::committed
                : outcome::refused;
  ids_.add(entry.id.value,
           {what, entry.digest, entry.otherwise, entry.at, entry.counters});
}

std::string shard_state::head_row() const {
  std::string out;
  put_number(out, committed_.value);
  put_number(out, last_term_.value);
  put_number(out, last_hash_);
  put_number(out, floor_.value);
  return out;
}

std::string shard_state::block_row(uint64_t block) const {
  std::string out;
  auto i = ids_.from(sequence{block * block_size});
  for (; i != ids_.end() && block_of(i->what.at) == block; ++i)
    put_remembered(out, *i);
  return out;
}

void shard_state::add_changed_blocks(std::vector<changed_row>& to) {
  std::set<uint64_t> changed;
  if (floor_ > clean_floor_)
    for (auto x = block_of(clean_floor_); x <= block_of(floor_); ++x)
      changed.insert(x);
  for (auto x = block_of(clean_upto_.next()); x <= block_of(committed_); ++x)
    changed.insert(x);
  for (auto x : changed) {
    auto value = block_row(x);
    auto erased = value.empty();
    to.push_back({block_key(x), std::move(value), erased});
  }
  clean_floor_ = floor_;
  clean_upto_ = committed_;
}

void shard_state::add_changed_parts(std::vector<changed_row>& to) {
  for (auto& id : dirty_parts_) {
    auto part = prepared_.find(id);
    auto has_part = part != prepared_.end();
    to.push_back(
      {"p" + id, has_part ? row_of(part->second) : std::string{}, !has_part});
    auto open = open_decisions_.find(id);
    auto is_open = open != open_decisions_.end();
    to.push_back(
      {"o" + id, is_open ? row_of(open->second) : std::string{}, !is_open});
  }
  dirty_parts_.clear();
}

std::vector<shard_state::changed_row> shard_state::take_changes() {
  std::vector<changed_row> out;
  out.reserve(dirty_keys_.size() + 8);
  out.push_back({"h", head_row(), false});
  std::sort(dirty_keys_.begin(), dirty_keys_.end());
  auto last = std::unique(dirty_keys_.begin(), dirty_keys_.end());
  for (auto i = dirty_keys_.begin(); i != last; ++i) {
    auto x = find(*i);
    out.push_back({"r" + *i, x ? record_row(*x) : std::string{}, !x});
  }
  dirty_keys_.clear();
  add_changed_parts(out);
  add_changed_blocks(out);
  return out;
}

std::vector<snapshot_row> shard_state::rows() const {
  std::vector<snapshot_row> out;
  out.reserve(records_.size() + ids_.size() / block_size + 2);
  for (auto i = ids_.from(sequence{}); i != ids_.end();) {
    auto block = block_of(i->what.at);
    out.push_back({block_key(block), block_row(block)});
    i = ids_.from(sequence{(block + 1) * block_size});
  }
  out.push_back({"h", head_row()});
  for (auto& [id, x] : open_decisions_)
    out.push_back({"o" + id, row_of(x)});
  for (auto& [id, x] : prepared_)
    out.push_back({"p" + id, row_of(x)});
  for (auto& [key, x] : records_)
    out.push_back({"r" + key, record_row(x)});
  return out;
}

bool shard_state::load(const std::vector<snapshot_row>& rows) {
  *this = shard_state{};
  for (auto& row : rows)
    if (row.key.empty() || !load_row(row))
      return false;
  // Ids are of committed entries. No log gets near the end of the numbers, and
  // what counts on from there must not begin anew.
  auto newest = ids_.newest();
  if (committed_.value > UINT64_MAX / 2 || (newest && *newest > committed_))
    return false;
  clean_upto_ = committed_;
  clean_floor_ = floor_;
  return true;
}

bool shard_state::load_row(const snapshot_row& row) {
  auto rest = std::string_view{row.value};
  uint64_t x = 0;
  switch (row.key[0]) {
    case 'h': {
      uint64_t head[4];
      for (auto& field : head)
        if (!get_number(rest, field))
          return false;
      committed_ = sequence{head[0]};
      last_term_ = term{head[1]};
      last_hash_ = head[2];
      floor_ = sequence{head[3]};
      return true;
    }
    case 'r':
      if (!get_number(rest, x))
        return false;
      records_[row.key.substr(1)] = record{std::string{rest}, sequence{x}};
      return true;
    case 'd':
      return load_block(rest);
    case 'o':
      return parse_row(rest, open_decisions_[row.key.substr(1)]);
    case 'p':
      return parse_row(rest, prepared_[row.key.substr(1)]);
    default:
      return false;
  }
}

bool shard_state::load_block(std::string_view value) {
  remembered_ids::item x;
  while (!value.empty()) {
    if (!get_remembered(value, x))
      return false;
    auto newest = ids_.newest();
    if ((newest && *newest >= x.what.at) || ids_.find(x.id) != nullptr)
      return false;
    ids_.add(std::move(x.id), std::move(x.what));
  }
  return true;
}

} // namespace muster
