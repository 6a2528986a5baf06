// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/explanation.hpp"
#include "allocator/inventory.hpp"
#include "allocator/qos.hpp"
#include "allocator/resolved_request.hpp"
#include "allocator/row_search.hpp"
#include "allocator/score.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// How much a search does.
enum class effort : uint8_t {
  sample, // the best of a few that satisfy the request, from random places
  exact, // the best of all
};

/// Names a candidate; without a device all of a machine.
struct candidate_name {
  machine_id machine;
  std::string device;

  auto operator<=>(const candidate_name&) const = default;
};

struct search_options {
  effort how = effort::sample;
  /// sample: the k of the best of k.
  uint32_t sample_count = 16;
  /// From where rows are looked at; equally good ones are taken in their order
  /// from there on. Different for each request, so that allocators that decide
  /// at the same time take different candidates.
  uint64_t random = 0;
  /// Machines that were only loaded take part; nothing can be reserved then.
  bool dry_run = false;
  /// Left out, such as one that has just refused.
  std::vector<candidate_name> avoid = {};
};

/// One place that was chosen.
struct placement {
  machine_id machine;
  /// Empty: no device was asked for.
  std::string device;
  /// Numbers of the machine's GPUs.
  std::vector<uint32_t> gpus;

  bool operator==(const placement&) const = default;
};

/// Chooses candidates for requests. The inventory decides nothing for good: a
/// choice has to be reserved (`reservation.hpp`).
///
/// With n rows: a sample takes O(n / 512 * criteria) at most, and a few blocks
/// where many rows satisfy the request; the exact best one pass over the
/// bitmaps, those codes that are near a bound, and the objective's column. An
/// objective without a column (hops, and fit or spread of GPUs) looks at every
/// row that satisfies the request.
///
/// Replicas are chosen one after the other; a set of that size is found if
/// there is one, because what each choice excludes are equals of it.
///
/// Not thread-safe; owned by one actor, with its inventory.
class selector {
public:
  /// @param use  the kernels; both kinds choose the same
  explicit selector(inventory& of, const scan_kernels& use = best_kernels());

  /// @returns one placement a replica. Errors: as `check_qos` and `resolve`;
  ///          `refused` if there are not enough candidates: `explain` says why
  result<std::vector<placement>> choose(const qos& x,
                                        const search_options& options);

  /// Why a request gets what it gets. As `choose`, but for `refused`.
  result<explanation> explain(const qos& x, const search_options& options);

private:
  /// A machine that has been chosen, and what the request leaves there.
  struct host {
    machine_entry* machine;
    uint32_t replicas;
    gpus_left gpus;
  };

  result<resolved_request> begin(const qos& x, const search_options& options);
  void take(bool of_devices, uint32_t row);
  void take_machine(bool of_devices, const machine_entry& x);
  void release_taken();
  void avoid(bool of_devices, const candidate_name& x);

  uint32_t pick(const resolved_request& x, const score_rule& rule,
                const search_options& options);
  uint32_t pick_sample(const resolved_request& x, const score_rule& rule,
                       const search_options& options);
  uint32_t pick_exact(const resolved_request& x, const score_rule& rule,
                      uint32_t start);
  uint32_t pick_scored(const resolved_request& x, const score_rule& rule,
                       uint32_t start);
  bool has_room(const qos& x, const host& h) const;
  placement place(const qos& x, const resolved_request& p, uint32_t row);
  void exclude_equals(const qos& x, const resolved_request& p, uint32_t row);
  bool fill(const qos& x, const resolved_request& p, const score_rule& rule,
            const search_options& options, std::vector<placement>& out);

  inventory& of_;
  row_search search_;
  bitmap taken_[2]; // of machines, of devices
  std::vector<uint32_t> taken_rows_[2];
  std::vector<host> hosts_;
  bitmap mask_;
};

} // namespace muster
