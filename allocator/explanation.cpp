// SPDX-License-Identifier: Apache-2.0
#include "allocator/explanation.hpp"

#include <algorithm>
#include <span>
#include <utility>

namespace muster {

namespace {

/// A shortfall in permille of what is wanted or there; what cannot be measured
/// counts as all of it.
constexpr uint64_t whole = 1000;

uint64_t permille(uint64_t part, uint64_t of) {
  return of == 0 ? whole
                 : static_cast<uint64_t>(static_cast<double>(part) * 1000
                                         / static_cast<double>(of));
}

uint64_t shortfall(const lack& x) {
  auto measured = is_quantity(x.which) || x.which == criterion::hops;
  if (!measured || x.has >= unmeasured)
    return whole;
  return x.has < x.wanted ? permille(x.wanted - x.has, x.wanted)
                          : permille(x.has - x.wanted, x.has);
}

} // namespace

explainer::explainer(const resolved_request& x, const qos& wanted,
                     const score_rule& rule, row_search& search)
  : request_(x), wanted_(wanted), rule_(rule), search_(search),
    words_(x.words()) {
  // nop
}

bitmap& explainer::add(criterion which, const quantity_test* test) {
  filters_.push_back({which, bitmap(words_), test});
  return filters_.back().passing;
}

void explainer::add_taken() {
  auto any = std::any_of(request_.taken, request_.taken + words_,
                         [](uint64_t x) { return x != 0; });
  if (!any)
    return;
  auto& to = add(criterion::taken);
  std::transform(request_.taken, request_.taken + words_, to.begin(),
                 [](uint64_t x) { return ~x; });
}

void explainer::add_sets() {
  if (request_.set_count == 0 || request_.sets[0].which != criterion::started)
    add_taken();
  for (size_t i = 0; i < request_.set_count; ++i) {
    auto& x = request_.sets[i];
    if (x.which == criterion::labels && !filters_.empty()
        && filters_.back().which == criterion::labels) {
      auto& to = filters_.back().passing;
      for (size_t w = 0; w < words_; ++w)
        to[w] &= x.rows[w];
      continue;
    }
    auto& to = add(x.which);
    // Too far is only what can be reached: the set before is about that.
    auto reached = x.which == criterion::hops ? request_.sets[i - 1].rows
                                              : nullptr;
    for (size_t w = 0; w < words_; ++w)
      to[w] = reached ? x.rows[w] | ~reached[w] : x.rows[w];
    if (x.which == criterion::started)
      add_taken();
  }
}

void explainer::add_quantities() {
  for (size_t i = 0; i < request_.quantity_tests; ++i) {
    auto& test = request_.quantities[i];
    search_.passing(request_.table(), test, request_.table().valid().data(),
                    add(criterion_of(test.what), &test).data());
  }
}

void explainer::count(explanation& to) {
  auto& valid = request_.table().valid();
  by_none_.assign(valid.begin(),
                  valid.begin() + static_cast<std::ptrdiff_t>(words_));
  by_one_.assign(words_, 0);
  by_two_.assign(words_, 0);
  to.candidates = request_.table().count();
  to.satisfying = to.candidates;
  for (auto& x : filters_) {
    auto n = search_.kernels().exclude(
      valid.data(), x.passing.data(),
      {by_none_.data(), by_one_.data(), by_two_.data()}, words_);
    to.excluded.push_back({x.which, n.alone, n.in_order});
    to.satisfying -= n.in_order;
  }
}

/// Of the rows that only `x` excludes, the one that comes nearest to it.
uint32_t explainer::nearest_of(const filter& x) {
  mask_.resize(words_);
  for (size_t w = 0; w < words_; ++w)
    mask_[w] = by_one_[w] & ~x.passing[w];
  if (std::ranges::none_of(mask_, [](uint64_t y) { return y != 0; }))
    return no_row;
  if (x.test)
    search_.keep_best(request_.table(), x.test->what, !x.test->negated,
                      mask_.data());
  if (x.which != criterion::hops)
    return first_row(mask_.data(), words_, start_);
  auto out = no_row;
  size_t seen = 0;
  each_row_from(mask_.data(), words_, start_, [&](uint32_t row) {
    if (out == no_row || request_.hops_to(row) < request_.hops_to(out))
      out = row;
    return ++seen < miss_rows_max;
  });
  return out;
}

lack explainer::lack_of(const filter& x, uint32_t row) const {
  lack out{x.which, 0, 0};
  if (x.test) {
    out.has = request_.table().exact(row)[x.test->what];
    out.wanted = x.test->negated ? x.test->bound - 1 : x.test->bound;
  } else if (x.which == criterion::hops || x.which == criterion::reachable) {
    out.has = request_.hops_to(row);
    out.wanted = wanted_.hops.value_or(0);
  }
  return out;
}

miss explainer::miss_of(uint32_t row) const {
  auto device = request_.of->devices[row];
  miss out{request_.of->machines[row]->id, device ? device->name : "", {}};
  for (auto& x : filters_)
    if (!test_bit(x.passing, row))
      out.lacks.push_back(lack_of(x, row));
  return out;
}

explainer::distance explainer::distance_of(uint32_t row) const {
  distance out;
  for (auto& x : filters_)
    if (!test_bit(x.passing, row)) {
      ++out.lacks;
      out.shortfall += shortfall(lack_of(x, row));
    }
  return out;
}

void explainer::find_misses(explanation& to) {
  std::vector<uint32_t> rows;
  for (auto& x : filters_)
    if (auto row = nearest_of(x); row != no_row)
      rows.push_back(row);
  std::ranges::stable_sort(rows, {},
                           [this](auto row) { return distance_of(row); });
  for (auto row : std::span{rows}.first(std::min(misses_max, rows.size())))
    to.nearest.push_back(miss_of(row));
}

/// At least two criteria exclude each row.
void explainer::find_far_misses(explanation& to) {
  auto pair = first_row(by_two_.data(), words_, start_) != no_row;
  auto rows = pair ? by_two_.data() : request_.table().valid().data();
  auto best = no_row;
  distance least;
  size_t seen = 0;
  each_row_from(rows, words_, start_, [&](uint32_t row) {
    auto x = distance_of(row);
    if (best == no_row || x < least) {
      best = row;
      least = x;
    }
    return ++seen < miss_rows_max;
  });
  if (best != no_row)
    to.nearest.push_back(miss_of(best));
}

void explainer::rank(explanation& to) {
  std::vector<std::pair<uint64_t, uint32_t>> all;
  each_row_from(by_none_.data(), words_, start_, [&](uint32_t row) {
    all.emplace_back(rule_.score(request_, row), row);
    return true;
  });
  auto kept = std::min(ranked_max, all.size());
  std::ranges::stable_sort(all, {}, [](auto& x) { return x.first; });
  for (auto [score, row] : std::span{all}.first(kept)) {
    auto device = request_.of->devices[row];
    to.best.push_back(
      {request_.of->machines[row]->id, device ? device->name : "", score});
  }
}

explanation explainer::run(const explain_options& options) {
  explanation out;
  if (words_ == 0)
    return out;
  start_ = options.start;
  filters_.reserve(criterion_count);
  add_sets();
  add_quantities();
  count(out);
  if (out.satisfying == 0) {
    find_misses(out);
    if (out.nearest.empty())
      find_far_misses(out);
  }
  if (options.dry_run)
    rank(out);
  return out;
}

} // namespace muster
