// SPDX-License-Identifier: Apache-2.0
#include "registry/key_copies.hpp"

#include "registry/key.hpp"

#include <cassert>

namespace muster {

namespace {

/// Nodes of the trees here, the record's block and slot in the read table. With
/// keys of 30 bytes and values of 8 to 1,024, in glibc and in jemalloc, what is
/// counted was 6 % to 35 % more than what the process grew by.
constexpr size_t fixed_cost_bytes = 512;

/// Copies that the clock's hand passes at most before it takes one.
constexpr size_t passed_max = 1024;

} // namespace

key_copies::key_copies(key_copy_options options) : options_(options) {
  // nop
}

size_t key_copies::cost_of(std::string_view key, std::string_view value) {
  // The value lies here and in the table; an allocator adds up to a quarter.
  return fixed_cost_bytes + 3 * key.size() + 2 * value.size()
         + value.size() / 2;
}

bool key_copies::ask(const name& x, boot_time now, nanoseconds resend) {
  if (options_.bytes_max == 0)
    return false;
  auto i = entries_.find(x);
  if (i == entries_.end()) {
    if (asked_.size() >= options_.asks_max)
      return false;
    i = entries_.emplace(x, entry{}).first;
    i->second.asked_at = now;
    asked_.insert(x);
    return true;
  }
  // One that is held, and offered all the same, may have been asked for again.
  if (i->second.grant != grant_number{} || now - i->second.asked_at < resend)
    return false;
  i->second.asked_at = now;
  return true;
}

std::vector<key_copies::name> key_copies::due(boot_time now,
                                              nanoseconds resend) {
  std::vector<name> out;
  for (auto i = asked_.begin(); i != asked_.end();) {
    auto found = entries_.find(*i);
    auto& e = found->second;
    if (now - e.asked_at < resend) {
      ++i;
    } else if (e.asks >= options_.asks_per_key_max) {
      entries_.erase(found);
      i = asked_.erase(i);
    } else {
      ++e.asks;
      e.asked_at = now;
      out.push_back(*i++);
    }
  }
  return out;
}

std::vector<key_copies::name> key_copies::asked(shard_id shard) const {
  std::vector<name> out;
  for (auto i = asked_.lower_bound({shard, {}});
       i != asked_.end() && i->first == shard; ++i)
    out.push_back(*i);
  return out;
}

grant_number key_copies::grant_of(const name& x) const {
  auto i = entries_.find(x);
  return i == entries_.end() ? grant_number{} : i->second.grant;
}

bool key_copies::take_read(const name& x, entry& e) {
  if (!was_read_ || !was_read_(x.first, x.second))
    return false;
  e.read = true;
  return true;
}

std::optional<key_copies::name> key_copies::victim_for(const name& x,
                                                       size_t bytes) {
  auto own = entries_.find(x);
  auto mine = own == entries_.end() ? 0 : own->second.bytes;
  if (bytes_ - mine + bytes <= options_.bytes_max || !fits(bytes))
    return std::nullopt;
  // Others hold what is missing. Who was read since the hand passed is spared
  // once, but the hand does not go on for ever.
  auto i = entries_.upper_bound(hand_);
  for (size_t passed = 0;; ++i) {
    if (i == entries_.end())
      i = entries_.begin();
    auto& e = i->second;
    if (e.grant == grant_number{} || i == own)
      continue;
    auto read = take_read(i->first, e);
    auto is_new = std::exchange(e.spared, false);
    if ((read || is_new) && ++passed <= passed_max)
      continue;
    hand_ = i->first;
    return i->first;
  }
}

void key_copies::grant(const name& x, grant_number number, size_t bytes) {
  auto& e = entries_.at(x);
  assert(number != grant_number{} && fits(bytes));
  held_ += e.grant == grant_number{};
  counts_.granted += e.grant == grant_number{};
  bytes_ += bytes - e.bytes;
  e.bytes = bytes;
  e.grant = number;
  e.changing = false;
  asked_.erase(x);
}

void key_copies::on_change(const name& x) {
  auto i = entries_.find(x);
  if (i == entries_.end() || i->second.changing)
    return;
  // Silent from now on: the hand must not take it for unread.
  i->second.spared = take_read(x, i->second) || i->second.spared;
  i->second.changing = true;
}

bool key_copies::on_decided(const name& x, size_t bytes) {
  auto i = entries_.find(x);
  if (i == entries_.end() || i->second.grant == grant_number{})
    return false;
  auto& e = i->second;
  bytes_ += bytes - e.bytes;
  e.bytes = bytes;
  e.unread_writes = e.read ? 0 : e.unread_writes + 1;
  e.read = false;
  e.changing = false;
  return e.unread_writes >= options_.unread_writes_max || !fits(bytes);
}

key_copies::entries::iterator key_copies::erase(entries::iterator i) {
  held_ -= i->second.grant != grant_number{};
  bytes_ -= i->second.bytes;
  asked_.erase(i->first);
  return entries_.erase(i);
}

void key_copies::erase(const name& x) {
  if (auto i = entries_.find(x); i != entries_.end())
    erase(i);
}

void key_copies::forget(shard_id shard) {
  take_under(shard, "/");
}

std::vector<std::pair<std::string, grant_number>>
key_copies::take_under(shard_id shard, const std::string& prefix) {
  std::vector<std::pair<std::string, grant_number>> out;
  for (auto i = entries_.lower_bound({shard, prefix});
       i != entries_.end() && i->first.first == shard;) {
    auto& key = i->first.second;
    if (prefix != "/" && !key.starts_with(prefix))
      break;
    if (!covers(prefix, key)) {
      ++i;
      continue;
    }
    if (i->second.grant != grant_number{})
      out.emplace_back(key, i->second.grant);
    i = erase(i);
  }
  return out;
}

key_copy_probe key_copies::probe() const {
  auto out = counts_;
  out.keys = held_;
  out.bytes = bytes_;
  return out;
}

} // namespace muster
