// SPDX-License-Identifier: Apache-2.0
#include "allocator/candidate_table.hpp"

#include "allocator/size_code.hpp"

#include <algorithm>

namespace muster {

void candidate_table::grow() {
  // Twice as long each time, so that a row is copied a constant number of
  // times.
  auto words = std::max(block_words, valid_.size() * 2);
  for (auto x : {&valid_, &started_, &none_})
    x->resize(words);
  exact_.resize(words * word_rows);
  for (auto columns : {&codes_, &rests_})
    for (auto& column : *columns)
      column.resize(words * word_rows, code_of(0));
  for (auto& column : classes_)
    column.resize(words);
}

uint32_t candidate_table::add() {
  assert(count_ < candidates_max);
  uint32_t row = end_;
  if (!free_.empty()) {
    row = free_.back();
    free_.pop_back();
  } else {
    if (end_ == valid_.size() * word_rows)
      grow();
    ++end_;
  }
  assert(!test_bit(valid_, row));
  assign_bit(valid_, row, true);
  ++count_;
  return row;
}

void candidate_table::remove(uint32_t row) {
  assert(test_bit(valid_, row));
  for (size_t i = 0; i < quantity_count; ++i)
    set(row, static_cast<quantity>(i), 0);
  assign_bit(started_, row, false);
  assign_bit(valid_, row, false);
  free_.push_back(row);
  --count_;
}

void candidate_table::set(uint32_t row, quantity q, uint64_t value) {
  assert(test_bit(valid_, row));
  assert(value <= unmeasured);
  auto& exact = exact_[row].values[index(q)];
  if (exact == value)
    return;
  classes_[index(q)].move(row, exact, value);
  codes_[index(q)][row] = code_of(value);
  rests_[index(q)][row] = rest_of(value);
  exact = value;
}

void candidate_table::set_started(uint32_t row, bool on) {
  assert(test_bit(valid_, row));
  assign_bit(started_, row, on);
}

size_t candidate_table::memory_bytes() const {
  auto out = 3 * valid_.capacity() * sizeof(uint64_t)
             + exact_.capacity() * sizeof(exact_row);
  for (auto columns : {&codes_, &rests_})
    for (auto& column : *columns)
      out += column.capacity() * sizeof(int32_t);
  for (auto& column : classes_)
    out += column.memory_bytes();
  return out;
}

bool candidate_table::check_column(quantity q) const {
  for (uint32_t row = 0; row < exact_.size(); ++row) {
    auto value = exact_[row][q];
    if (codes_[index(q)][row] != code_of(value)
        || rests_[index(q)][row] != rest_of(value))
      return false;
    for (unsigned c = 1; c < class_count; ++c) {
      auto word = at_least(q, c)[row / word_rows];
      if (((word & bit_of(row)) != 0) != (class_of(value) >= c))
        return false;
    }
    if (!test_bit(valid_, row) && value != 0)
      return false;
  }
  return true;
}

bool candidate_table::check_invariants() const {
  size_t found = 0;
  for (uint32_t row = 0; row < exact_.size(); ++row) {
    found += test_bit(valid_, row);
    if (test_bit(started_, row) && !test_bit(valid_, row))
      return false;
  }
  if (found != count_ || end_ != count_ + free_.size())
    return false;
  if (started_.size() != bitmap_words() || none_.size() != bitmap_words()
      || std::ranges::any_of(none_, [](auto x) { return x != 0; }))
    return false;
  for (size_t i = 0; i < quantity_count; ++i)
    if (!check_column(static_cast<quantity>(i)))
      return false;
  return true;
}

} // namespace muster
