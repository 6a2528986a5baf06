// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/explanation.hpp"
#include "allocator/qos.hpp"
#include "runtime/machine.hpp"
#include "runtime/placement/allocation_record.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct allocation_request {
  /// The client's own: asking again with it, anywhere, gives the same
  /// allocation. Empty: one is made, and asking again reserves again.
  std::string id;
  qos wanted;
};

/// What became of a request.
struct placing {
  /// Nothing: it is refused.
  std::optional<allocation> made;
  /// The allocation was there already, of the same id and request.
  bool found = false;
  /// Commands that were sent; more than one: others were faster.
  uint32_t attempts = 0;
  /// Machines that were only loaded, not started: left out.
  uint64_t not_started = 0;
  /// Of a refusal.
  explanation why;
  /// Of a refusal, for a person.
  std::string reason;
};

/// A place of the topology.
struct topology_place {
  std::string name;
  /// It has published what it has; else it is a switch.
  bool machine = false;
  bool started = false;
};

struct topology_links {
  std::vector<topology_place> places; // by name
  /// Indices of places.
  std::vector<std::pair<size_t, size_t>> links;
};

struct allocations_options {
  /// Whether allocations on this machine end when their time is over. Without
  /// it, and without another such object at this machine, they stay.
  bool ends = true;
};

/// Most allocations or links that one listing tells.
constexpr size_t listed_allocations_max = 100'000;
constexpr size_t listed_links_max = 100'000;

/// Finds and reserves resources through a machine: its allocator. It keeps an
/// inventory from the first request on (a pinned copy of `/machines` and
/// `/topology`), decides by that, and lets the homes of the counters have the
/// last word, so that nothing is given away twice (I14).
///
/// Life: made after the machine, destroyed before it, when no call is under
/// way. Thread-safe; each call blocks until it is done, at most `timeout`.
class allocations {
public:
  explicit allocations(machine& node, allocations_options how = {});

  ~allocations();

  allocations(const allocations&) = delete;
  allocations& operator=(const allocations&) = delete;

  /// Reserves what is wanted, or says why not.
  /// Errors: `invalid_argument` (`check_qos`, the id), `not_found`: nobody
  /// knows the place that hops count from; `id_reused`: the id is that of
  /// another request; `unavailable`: nothing is reserved; `unknown`: it may be
  /// reserved: ask again with the same id, or for it.
  result<placing> create(allocation_request x,
                         std::chrono::nanoseconds timeout);

  /// Errors: `not_found`: never made, released, or expired; `unavailable`;
  /// `corrupt`.
  result<allocation> find(const std::string& id,
                          std::chrono::nanoseconds timeout);

  /// By id. Errors: `unavailable`; `overloaded`: there are too many.
  result<std::vector<allocation>> list(std::chrono::nanoseconds timeout);

  /// Gives back what is reserved, once. Errors: as `find`; `unknown`: it may be
  /// released; doing it again is safe.
  status release(const std::string& id, std::chrono::nanoseconds timeout);

  /// Why the request gets what it gets, without reserving anything.
  /// @param dry_run  machines that were only loaded take part, and the best
  ///                 candidates are told with their scores
  /// Errors: as `create`.
  result<explanation> explain(const qos& x, bool dry_run,
                              std::chrono::nanoseconds timeout);

  /// Errors: `unavailable`; `overloaded`: there are too many links.
  result<topology_links> links(std::chrono::nanoseconds timeout);

private:
  struct impl;

  std::unique_ptr<impl> impl_;
};

} // namespace muster
