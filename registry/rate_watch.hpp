// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"

#include <cstdint>
#include <optional>

namespace muster {

/// Compares the rate of another machine's clock with the own one's, from
/// questions and answers between them. Leases tolerate rates 5 % apart (T2) and
/// fail where the holder's clock is more than 11 % slower than the granter's.
///
/// What the other clock showed at an answer, it showed between the question
/// and the answer on the own one. So two exchanges bound the ratio of the rates
/// from both sides, however long messages take: a pause or a slow link widens
/// the bounds and never makes a good clock look wrong.
///
/// Not thread-safe.
class rate_watch {
public:
  /// Rates further apart than this are told: above what the leases tolerate by
  /// design, below what breaks them. Thousandths.
  static constexpr int64_t apart_permille_max = 80;

  /// Exchanges are compared with the last one, and with one that is at most so
  /// old that messages' delays are small beside it.
  static constexpr nanoseconds window = std::chrono::seconds{8};

  /// For so long rates must have been close before they count as close again.
  static constexpr nanoseconds trust_after = std::chrono::seconds{4};

  /// One exchange, in the order of their answers.
  /// @param sent      own clock, before the question
  /// @param received  own clock, after the answer
  /// @param theirs    the other's clock, in between
  void on_exchange(boot_time sent, boot_time received, boot_time theirs);

  /// False: the rates were seen to be too far apart, and not close since.
  bool agrees() const {
    return agrees_;
  }

private:
  struct exchange {
    boot_time sent;
    boot_time received;
    boot_time theirs;
  };

  static bool fits(const exchange& from, const exchange& to);

  std::optional<exchange> base_;
  exchange last_{};
  bool agrees_ = true;
};

} // namespace muster
