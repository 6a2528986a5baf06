// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/assignment.hpp"
#include "registry/lease_keeper.hpp"
#include "registry/log_entry.hpp"
#include "registry/shard_effects.hpp"
#include "registry/shard_log.hpp"
#include "registry/shard_options.hpp"
#include "registry/shard_state.hpp"

#include <map>
#include <string>
#include <unordered_map>
#include <vector>

namespace muster {

/// What both roles of a replica share: identity, log, state, and where effects
/// go. Owned by `shard_replica`; the roles hold a reference.
struct shard_context {
  shard_id shard;
  peer self;
  store_id store;
  shard_options options;
  const entry_codec* codec = nullptr;
  shard_log log;
  shard_state state;
  /// The newest undecided entry that writes a key (D2); look-ups only.
  std::unordered_map<std::string, sequence> pending;
  /// P2: keys of prepared parts and the entries that locked them, undecided
  /// ones included; until the decision is committed.
  std::map<std::string, sequence> locked;
  /// The newest assignment that this machine has seen (M3: never older).
  assignment newest;
  /// L3: durable before anything is sent in it.
  term highest;
  /// F1: grants and messages of lower terms are refused; not durable, since
  /// a new incarnation holds nothing.
  term known;
  /// The highest term whose fence is known to be complete; 0: of none.
  term fenced;
  /// Of entries applied since the last checkpoint.
  size_t applied_bytes = 0;
  uint64_t next_token = 1;
  /// Random; the nonces of this incarnation's swaps follow from it (M4).
  uint64_t nonce_seed = 0;
  uint64_t nonces_made = 0;
  shard_effects* out = nullptr;

  template <class T>
  void emit(T x) {
    out->emplace_back(std::move(x));
  }

  void send(const machine_id& to, wire_message x) {
    out->emplace_back(send_effect{to, std::move(x)});
  }

  /// @returns the number that the answer repeats
  uint64_t uncover(const peer& who, const cover& what) {
    emit(uncover_effect{who, what, ++uncover_count});
    return uncover_count;
  }

  void note(std::string what, std::string detail, bool warning = false) {
    out->emplace_back(note_effect{warning, std::move(what),
                                  "shard=" + std::to_string(shard.value) + " "
                                    + std::move(detail)});
  }

  /// Emits a persist of `changes`. @returns its token
  uint64_t persist(std::vector<log_change> changes) {
    auto token = next_token++;
    out->emplace_back(persist_effect{std::move(changes), token});
    return token;
  }

  nonce make_nonce();

  uint64_t uncover_count = 0;

  replica_ref me() const {
    return replica_ref{self.id, store};
  }
};

/// The shard's small fixed state on disk.
struct shard_meta {
  term highest;
  /// False while a snapshot is being installed: the state is not whole.
  bool complete = true;
};

std::string encode_meta(const shard_meta& x);

/// @returns false if `bytes` is not one
bool decode_meta(const std::string& bytes, shard_meta& out);

/// The keys that an entry writes.
std::vector<std::string> keys_of(const log_entry& x);

/// Finds the locks anew, after the state or the log was replaced.
void find_locks(shard_context& ctx);

/// Appends an undecided entry to the log in memory.
void append_entry(shard_context& ctx, log_entry entry, std::string bytes);

/// Deletes every entry after `after` in memory (L3).
void truncate_log(shard_context& ctx, sequence after);

/// Publishes the whole committed state under a new tenure, with the keys of
/// every undecided entry marked invalid (L4).
void publish_all(shard_context& ctx, served_from from, term of, session in);

/// Applies the log up to `upto` to the state and publishes it.
/// @param mark_first  at home: mark all keys before the first value (W6);
///   elsewhere they have been marked since the preparation
/// @param silent_upto  a key that a later undecided entry writes stays marked
///   if the applied entry is not after this: at home the end of the tail
///   (L4), elsewhere the end of time (D2)
void apply_and_publish(shard_context& ctx, sequence upto, bool mark_first,
                       sequence silent_upto);

/// Emits a checkpoint of the committed state if enough has changed since the
/// checkpoint at `last`. @returns whether it did
bool checkpoint_if_due(shard_context& ctx, sequence last);

#ifdef MUSTER_MUTANTS
/// For r1_published_late: emits what the last input published too late.
void emit_held_back(shard_context& ctx);
#endif

} // namespace muster
