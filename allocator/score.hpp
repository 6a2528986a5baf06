// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/resolved_request.hpp"

#include <cstdint>
#include <optional>

namespace muster {

/// How good a candidate is; the least is the best.
///
/// Most objectives look at one column, so that a scan can find the best.
/// `fit` of a request for processing is more: a GPU is of no use without cores.
/// With G permille of GPUs left on a machine, c cores, and r cores a GPU in the
/// whole inventory, S = max(0, G - c / r) of the GPUs are stranded. The score
/// is what the request adds to S and what it leaves of the GPU that it shares;
/// then requests for GPUs prefer machines with many cores left, others those
/// with few.
class score_rule {
public:
  /// @pre `check_qos(x)` passed
  score_rule(const inventory& in, const qos& x);

  /// The column that decides, if there is one.
  std::optional<quantity> column() const {
    return column_;
  }

  /// Whether more of the column is better.
  bool wants_most() const {
    return most_;
  }

  /// @pre there is a candidate in `row` of `x`
  uint64_t score(const resolved_request& x, uint32_t row) const;

private:
  uint64_t fit(const machine_entry& x) const;
  int64_t stranded(uint64_t cores, int64_t gpus) const;

  objective best_;
  std::optional<quantity> column_;
  bool most_ = false;
  uint64_t cores_per_gpu_ = 0;
  uint64_t cores_ = 0; // wanted
  int64_t gpus_ = 0; // wanted, in permille
  uint32_t share_ = 0; // of one GPU; 0: whole ones or none
};

} // namespace muster
