// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/fields.hpp"
#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Why a machine must take part in a command.
enum class participation : uint8_t {
  /// The command entered the cluster there.
  origin,
  /// The primary of the shard.
  home,
  /// An in-sync backup.
  backup,
  /// It holds a copy of a prefix that covers a touched key.
  copy_of_prefix,
  /// It acquired such a copy while the command was in flight (D3).
  acquired_in_flight,
  /// A policy names it (`policy.hpp`).
  policy,
};

const char* to_string(participation x);

/// A machine whose acknowledgement a command needs.
struct participant {
  peer who;
  /// host:port of its peer listener.
  std::string address;
  /// For whose keys; not of the origin.
  shard_id shard;
  participation reason = participation::origin;
  /// The prefix of the copy; `<name>: <reason>` of a policy; else empty.
  std::string prefix;
  /// The machine whose agent (or command object) added it.
  machine_id enlisted_by;
  /// Nanoseconds from the command's creation to the enlistment, and from the
  /// preparation at home to the acknowledgement; -1 = not known (yet).
  int64_t enlisted_after_ns = -1;
  int64_t acknowledged_after_ns = -1;
  /// Its leases were over, or it was swapped out: the command did not wait
  /// for its word.
  bool expelled = false;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, participant& x) {
    return f(x.who, x.address, x.shard, x.reason, x.prefix, x.enlisted_by,
             x.enlisted_after_ns, x.acknowledged_after_ns, x.expelled);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& who& address& shard& reason& prefix& enlisted_by& enlisted_after_ns&
      acknowledged_after_ns& expelled;
  }
};

/// What became of a command.
enum class outcome : uint8_t {
  /// Still in flight.
  pending,
  /// Applied, exactly once.
  committed,
  /// A guard or a limit did not hold; nothing was applied.
  refused,
  /// Nothing was applied: no home, too few backups in sync, a full queue.
  unavailable,
  /// It may or may not be applied, at most once; ask again with the same id.
  unknown,
};

const char* to_string(outcome x);

/// The answer to a command.
struct command_answer {
  command_id id;
  outcome what = outcome::unknown;
  /// committed: the sequence, which is the version of every written record.
  sequence version;
  /// refused, unavailable, unknown: why, for a person.
  std::string detail;
  /// committed: the new values of its `add` operations.
  std::vector<int64_t> counters;
  /// committed: a guard did not hold, and the other operations were done.
  bool otherwise = false;
  /// What the shard had committed when the command was created, as far as its
  /// origin knew; 0 = it knew nothing. A client that sends its own id again,
  /// also to another machine, gives it back (C3).
  sequence born;
  /// refused: the client's id is that of another command, which was decided
  /// before; nothing of this one was or will be applied.
  bool id_reused = false;
};

/// The error of an answer that is not `committed`.
error error_of(const command_answer& x);

/// A command's whole story, as `muster explain` prints it.
struct story {
  command_id id;
  outcome what = outcome::pending;
  /// The one that decides it.
  shard_id shard;
  /// The others that take part.
  std::vector<shard_id> others;
  sequence version;
  std::string detail;
  std::vector<operation> operations; // without values
  std::vector<participant> participants;
  /// 0 = not known.
  uint32_t attempts = 0;
  /// From creation to the answer, or until now while it is pending; -1 = not
  /// known.
  int64_t duration_ns = -1;
  /// True: told from the shard's log; acknowledgement times and machines
  /// enlisted after the preparation are gone.
  bool from_log = false;
  /// committed: a guard did not hold, and the other operations were done.
  bool otherwise = false;

  MUSTER_FIELDS(story, id, what, shard, others, version, detail, operations,
                participants, attempts, duration_ns, from_log, otherwise)
};

/// Where a read was answered from.
enum class served_from : uint8_t { primary, backup, copy };

const char* to_string(served_from x);

/// When a machine acknowledged, from the preparation at home.
struct acknowledgement {
  peer who;
  int64_t after_ns = -1;
  bool expelled = false;
  /// Of which shard's part.
  shard_id shard = {};

  MUSTER_FIELDS(acknowledgement, who, after_ns, expelled, shard)
};

} // namespace muster
