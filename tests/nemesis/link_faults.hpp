// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace muster::nemesis {

/// What is wrong with the link on which one machine dials another. Several
/// faults on one link add up.
///
///     pass   nothing
///     stall  neither direction is read: bytes wait in the kernel, then arrive
///     one way   one direction is not read
///     cut    connections are reset, new ones too
struct link_faults {
  bool cut = false;
  /// From the machine that dials to the one that is dialled.
  bool stall_there = false;
  bool stall_back = false;

  bool operator==(const link_faults&) const = default;

  link_faults& operator|=(const link_faults& x) {
    cut = cut || x.cut;
    stall_there = stall_there || x.stall_there;
    stall_back = stall_back || x.stall_back;
    return *this;
  }
};

} // namespace muster::nemesis
