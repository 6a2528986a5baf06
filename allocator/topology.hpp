// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/name_table.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// A machine or switch of the graph, by its number.
using vertex = uint32_t;

/// Most vertices and links of a topology.
constexpr size_t vertices_max = 4 * 1024 * 1024;
constexpr size_t links_max = 16 * 1024 * 1024;

/// Most places whose hop counts are kept.
constexpr size_t places_max = 64;

/// There is no path.
constexpr uint16_t unreachable = std::numeric_limits<uint16_t>::max();

/// Who is connected with whom: any graph of machines and switches. Every vertex
/// passes messages on, and a link counts one hop, however wide it is.
///
/// Hop counts are kept for the places that were asked for last. With V vertices
/// and L links:
///
///  - asking for a new place costs one breadth-first search, O(V + L);
///  - a new link costs each place kept O(vertices that came nearer and their
///    links), which is nothing where both ends were as near before, but for
///    one;
///  - a link that goes costs each place O(links of its farther end) where
///    another shortest path stands, or nothing where it was on none; else the
///    place is searched anew when it is asked for.
///
/// Invariants: 1. A link is in the lists of both ends, once. 2. A place that is
/// not stale has the hop counts that a search would find. 3. The generation of
/// a place changes with its hop counts, and no two places share one.
///
/// Not thread-safe; owned by one inventory.
class topology {
public:
  /// The number of a name, a new one if need be. Vertices stay.
  /// @pre there are fewer than `vertices_max`
  vertex add(std::string_view name);

  std::optional<vertex> find(std::string_view name) const {
    return names_.find(name);
  }

  const std::string& name(vertex x) const {
    return names_.name(x);
  }

  size_t size() const {
    return links_.size();
  }

  size_t link_count() const {
    return link_count_;
  }

  /// What is at the other ends of its links, in no order.
  const std::vector<vertex>& neighbours(vertex x) const {
    return links_[x];
  }

  /// Both ends become vertices. Nothing if they are linked already.
  /// Errors: `invalid_argument` for a link to itself or beyond a limit
  status add_link(std::string_view a, std::string_view b);

  /// Nothing if there is no such link.
  void remove_link(std::string_view a, std::string_view b);

  /// Hop counts from a place to every vertex.
  struct view {
    vertex place = 0;
    std::vector<uint16_t> hops; // by vertex; `unreachable`
    uint64_t generation = 0; // never 0 once it was searched
    bool stale = true;
    uint64_t used = 0; // when, for the choice of who makes room
  };

  /// Valid until the next call of a function that is not const.
  const view& hops_from(vertex place);

  /// The generation of a place whose counts are kept and not stale; 0: none.
  uint64_t generation(vertex place) const;

private:
  void connect(view& x, vertex a, vertex b);
  void disconnect(view& x, vertex a, vertex b) const;
  void search(view& x);
  void relax(view& x, std::vector<vertex>& front) const;

  name_table names_;
  std::vector<std::vector<vertex>> links_;
  size_t link_count_ = 0;
  std::vector<view> views_;
  uint64_t clock_ = 0; // of uses
  uint64_t generations_ = 0;
};

} // namespace muster
