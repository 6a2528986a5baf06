// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/fields.hpp"
#include "registry/flow.hpp"
#include "registry/ids.hpp"

#include <string>
#include <vector>

namespace muster {

// Messages of planned moves (F2), part of `wire_message`.

/// A machine that may still serve reads of a shard under leases of its primary.
struct directory_entry {
  peer who;
  session in;

  MUSTER_FIELDS(directory_entry, who, in)
};

/// Primary that has stopped -> in-sync backup that shall be the next one: the
/// swap that it will ask for, which names its nonce, and the directory.
struct handover {
  flow link;
  assignment proposed;
  /// Holders of copies, replicas, and what was dropped or expelled and is not
  /// proved silent.
  std::vector<directory_entry> directory;
  /// The replicas' incarnations, the stopped primary's among them: the next
  /// one begins their sessions.
  std::vector<peer> replicas;
  /// What is left to be done then.
  move_order then;

  MUSTER_FIELDS(handover, link, proposed, directory, replicas, then)
};

/// It has the directory of the swap with this nonce.
struct handover_ack {
  flow link;
  nonce writer;

  MUSTER_FIELDS(handover_ack, link, writer)
};

/// Stopped primary -> next one: the coordinator has said that the swap landed.
struct handover_landed {
  flow link;
  nonce writer;
  epoch at;

  MUSTER_FIELDS(handover_landed, link, writer, at)
};

/// Primary -> replica: the fence of its term is complete. What a machine holds
/// of lower terms is silent from then on.
struct fence_done {
  flow link;

  MUSTER_FIELDS(fence_done, link)
};

/// Any machine -> primary: carry this out.
struct move_request {
  uint64_t ticket = 0;
  move_order what;

  MUSTER_FIELDS(move_request, ticket, what)
};

/// Primary -> asker: begun, or why not.
struct move_reply {
  uint64_t ticket = 0;
  bool accepted = false;
  std::string detail;

  MUSTER_FIELDS(move_reply, ticket, accepted, detail)
};

} // namespace muster
