// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/resolved_request.hpp"
#include "allocator/row_search.hpp"
#include "allocator/score.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Most near misses, and most candidates with their scores, that an explanation
/// names.
constexpr size_t misses_max = 8;
constexpr size_t ranked_max = 32;

/// Most rows that are looked at one by one for a near miss.
constexpr size_t miss_rows_max = 1024;

/// How many candidates a criterion excludes.
struct exclusion {
  criterion which = criterion::started;
  /// If it were the only one.
  uint64_t alone = 0;
  /// Of those that no criterion before it excludes.
  uint64_t in_order = 0;
};

/// What a candidate lacks.
struct lack {
  criterion which = criterion::started;
  /// Of a quantity or of hops: what there is (`unmeasured`: nobody knows;
  /// hops: `unreachable`) and what is wanted.
  uint64_t has = 0;
  uint64_t wanted = 0;

  bool operator==(const lack&) const = default;
};

/// A candidate that was nearly good enough.
struct miss {
  machine_id machine;
  std::string device;
  std::vector<lack> lacks;
};

/// One that is, with its score; the least is the best.
struct ranked {
  machine_id machine;
  std::string device;
  uint64_t score = 0;
};

/// Why a request gets what it gets.
struct explanation {
  uint64_t candidates = 0;
  uint64_t satisfying = 0;
  /// One for each criterion that the request names, in order.
  std::vector<exclusion> excluded;
  /// If none satisfies: for each criterion that alone stands in the way of some
  /// candidate, the candidate that comes nearest to it. If at least two
  /// criteria stand in the way of each, one with as few as possible of those
  /// that were looked at.
  std::vector<miss> nearest;
  /// In dry runs: the best ones.
  std::vector<ranked> best;
};

struct explain_options {
  /// From where rows are looked at; a row of the table's words.
  uint32_t start = 0;
  bool dry_run = false;
};

/// Explains one search. Its costs are those of one pass over each bitmap and
/// over those codes that are near a bound, and a pass over a column for each
/// near miss; in a dry run also O(satisfying).
///
/// Not thread-safe; lives for one explanation.
class explainer {
public:
  /// All arguments outlive it.
  explainer(const resolved_request& x, const qos& wanted,
            const score_rule& rule, row_search& search);

  explanation run(const explain_options& options);

private:
  /// A criterion and the rows that pass it; others may be in there that are not
  /// valid.
  struct filter {
    criterion which;
    bitmap passing;
    const quantity_test* test = nullptr;
  };

  /// How far a row is from satisfying the request.
  struct distance {
    size_t lacks = 0;
    uint64_t shortfall = 0; // permille, summed

    auto operator<=>(const distance&) const = default;
  };

  void add_taken();
  void add_sets();
  void add_quantities();
  bitmap& add(criterion which, const quantity_test* test = nullptr);
  void count(explanation& to);
  void find_misses(explanation& to);
  void find_far_misses(explanation& to);
  uint32_t nearest_of(const filter& x);
  miss miss_of(uint32_t row) const;
  lack lack_of(const filter& x, uint32_t row) const;
  distance distance_of(uint32_t row) const;
  void rank(explanation& to);

  const resolved_request& request_;
  const qos& wanted_;
  const score_rule& rule_;
  row_search& search_;
  size_t words_;
  uint32_t start_ = 0;
  std::vector<filter> filters_;
  // Valid rows that no criterion excludes, exactly one, exactly two.
  bitmap by_none_, by_one_, by_two_;
  bitmap mask_;
};

} // namespace muster
