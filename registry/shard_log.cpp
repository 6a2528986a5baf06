// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_log.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <algorithm>
#include <cassert>

namespace muster {

namespace {

/// The term of the entry at `at` in a log that `marks` describe.
term term_in(const std::vector<term_mark>& marks, sequence at) {
  for (auto& mark : marks)
    if (at <= mark.last)
      return mark.of;
  return {};
}

} // namespace

term shard_log::term_at(sequence at) const {
  return at == base_ ? base_term_ : this->at(at).entry.of;
}

uint64_t shard_log::hash_at(sequence at) const {
  return at == base_ ? base_hash_ : this->at(at).hash;
}

const shard_log::item& shard_log::at(sequence at) const {
  assert(at > base_ && at <= last());
  return items_[at.value - base_.value - 1];
}

void shard_log::append(log_entry entry, std::string bytes) {
  assert(entry.at == last().next());
  assert(entry.of >= term_at(last()));
  auto hash = XXH3_64bits_withSeed(bytes.data(), bytes.size(), hash_at(last()));
  bytes_ += bytes.size();
  items_.push_back(item{std::move(entry), std::move(bytes), hash});
}

void shard_log::truncate(sequence after) {
  assert(after >= base_);
  while (last() > after) {
    bytes_ -= items_.back().bytes.size();
    items_.pop_back();
  }
}

void shard_log::trim(sequence upto) {
  assert(upto <= last());
  while (base_ < upto) {
    auto& front = items_.front();
    base_term_ = front.entry.of;
    base_hash_ = front.hash;
    base_ = front.entry.at;
    bytes_ -= front.bytes.size();
    items_.pop_front();
  }
}

void shard_log::reset(sequence base, term base_term, uint64_t base_hash) {
  items_.clear();
  bytes_ = 0;
  base_ = base;
  base_term_ = base_term;
  base_hash_ = base_hash;
}

std::vector<term_mark> shard_log::marks() const {
  std::vector<term_mark> out;
  for (auto& x : items_) {
    if (out.empty() || out.back().of != x.entry.of)
      out.push_back(term_mark{x.entry.of, x.entry.at});
    else
      out.back().last = x.entry.at;
  }
  return out;
}

std::optional<sequence>
shard_log::shared_with(sequence base, term base_term,
                       const std::vector<term_mark>& marks) const {
  if (base > last())
    return std::nullopt;
  auto other_last = marks.empty() ? base : marks.back().last;
  auto at = std::min(last(), other_last);
  auto lowest = std::max(base, base_);
  for (; at > lowest; at = sequence{at.value - 1})
    if (term_at(at) == term_in(marks, at))
      return at;
  // Our own base is committed, so every log of an in-sync replica has it; of
  // the other log's base only its term is known.
  if (base_ >= base)
    return at < base_ ? std::nullopt : std::optional{base_};
  if (term_at(base) == base_term)
    return base;
  return std::nullopt;
}

} // namespace muster
