// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "registry/story.hpp"
#include "registry/transaction.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace muster {

enum class entry_kind : uint8_t {
  /// A command's effects.
  command,
  /// A refusal that retries must find (C3).
  refusal,
  /// De-duplication forgets ids up to `floor` (C3).
  forget,
  /// A part of a command over several shards: `effects` lock its keys, and
  /// `planned` is what a commit does (P1, P2).
  prepare,
  /// The decision about such a part (P3). At the deciding shard the second one
  /// is a refusal that retries must find, the third one is none: the id may
  /// be tried again.
  commit_part,
  refuse_part,
  abort_part,
  /// Every participant has carried a committed decision out (P3).
  finish,
};

/// One entry of a shard's log: what was decided, already evaluated. Its bytes
/// are made once, at the home of the term that wrote it, and are the same on
/// every replica for ever (I11).
struct log_entry {
  entry_kind kind = entry_kind::command;
  /// The term in which it was first prepared; with `at` it names the entry.
  term of;
  sequence at;
  command_id id;
  peer origin;
  /// What was asked, without the values (they are in `effects`).
  std::vector<operation> operations;
  std::vector<effect> effects;
  std::vector<int64_t> counters;
  /// The in-sync replicas at the preparation, the home first.
  std::vector<machine_id> replicas;
  /// Holders known at the preparation.
  std::vector<participant> participants;
  std::string detail;
  sequence floor;
  /// `digest_of` the command; 0 = no client chose its id.
  uint32_t digest = 0;
  /// Of a command over several shards, and at the deciding shard the others.
  attempt_name attempt;
  std::vector<shard_id> others;
  part_plan planned;
  /// A guard did not hold, and the command's other operations were done.
  bool otherwise = false;

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& kind& of& at& id& origin& operations& effects& counters& replicas&
      participants& detail& floor& digest& attempt& others& planned& otherwise;
  }
};

/// Turns entries into bytes and back. Deterministic, without state:
/// implemented with Boost.Serialization in `runtime/store`.
class entry_codec {
public:
  virtual ~entry_codec() = default;

  virtual std::string encode(const log_entry& x) const = 0;

  /// Checks version, length and checksum before anything is decoded.
  /// Errors: `corrupt`.
  virtual result<log_entry> decode(std::string_view bytes) const = 0;
};

} // namespace muster
