// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

/// Most operations and guards, together, in one command.
constexpr size_t command_parts_max = 256;

/// Most bytes of keys and values in one command.
constexpr size_t command_bytes_max = 4 * 1024 * 1024;

/// Longest command id, in bytes.
constexpr size_t command_id_bytes_max = 200;

/// Names one command for ever. `<machine>.<incarnation>.<counter>` if its
/// origin made it, `=<text>` if the client chose it (HTTP `Idempotency-Key`).
using command_id = named<struct command_id_tag, std::string>;

/// Whether the client chose the id: then another origin may send it too, and
/// every refusal of it is logged (C3).
bool is_client_id(const command_id& x);

/// The machine that made `x`; empty for a client's own id.
machine_id origin_of(const command_id& x);

enum class operation_kind : uint8_t { put, erase, add };

/// One change of one key.
struct operation {
  operation_kind kind = operation_kind::put;
  std::string key;
  /// put: the new value.
  std::string value;
  /// add: a signed 64-bit counter, kept as decimal text; absent counts as 0.
  int64_t delta = 0;
  /// add: refused if the result were outside [floor, ceiling].
  int64_t floor = INT64_MIN;
  int64_t ceiling = INT64_MAX;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, operation& x) {
    return f(x.kind, x.key, x.value, x.delta, x.floor, x.ceiling);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& kind& key& value& delta& floor& ceiling;
  }
};

enum class guard_kind : uint8_t { version, value, absent };

/// A condition ("compare"): all guards of a command must hold, or its other
/// operations are done, or it is refused and changes nothing.
struct guard {
  guard_kind kind = guard_kind::absent;
  std::string key;
  /// version: the record's version; 0 = absent.
  sequence version;
  /// value: the record's value.
  std::string value;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, guard& x) {
    return f(x.kind, x.key, x.version, x.value);
  }
};

/// A unit of change.
struct command {
  command_id id;
  std::vector<guard> guards;
  std::vector<operation> operations;
  /// Done in their place if a guard does not hold ("else"). If there are none,
  /// the command is refused then.
  std::vector<operation> otherwise = {};

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, command& x) {
    return f(x.id, x.guards, x.operations, x.otherwise);
  }
};

/// What a command does to one record once it is committed.
struct effect {
  std::string key;
  std::string value;
  bool erased = false;
  /// P2: nothing but silence, until a later entry writes the key.
  bool locked = false;
  /// The version that stands, where an abort ends such a silence; 0: the
  /// entry's own sequence is the version.
  sequence standing = {};

  bool operator==(const effect&) const = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, effect& x) {
    return f(x.key, x.value, x.erased, x.locked, x.standing);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& key& value& erased& locked& standing;
  }
};

/// A value and the sequence of the command that last wrote it.
struct record {
  std::string value;
  sequence version;
};

/// Looks up the newest prepared state; null = absent.
class record_source {
public:
  virtual ~record_source() = default;
  virtual const record* find(const std::string& key) const = 0;
};

/// What evaluation made of a list of operations.
struct plan {
  /// Empty: they can be done. Otherwise which cannot, or which guard does not
  /// hold, for the refusal.
  std::string refusal;
  std::vector<effect> effects;
  /// The new values of `add` operations, in their order.
  std::vector<int64_t> counters;

  bool operator==(const plan&) const = default;

  template <class Inspector>
  friend typename Inspector::result_type inspect(Inspector& f, plan& x) {
    return f(x.refusal, x.effects, x.counters);
  }

  template <class Archive>
  void serialize(Archive& ar, unsigned) {
    ar& refusal& effects& counters;
  }
};

/// What evaluation made of a command: the plan of the branch that it takes.
struct evaluation : plan {
  /// A guard does not hold, and the plan is that of `otherwise`.
  bool otherwise = false;
};

/// Checks everything that does not depend on the registry's state: keys,
/// sizes, at least one operation, each key written at most once a branch.
/// @returns the shard that decides it, of those with a key the one with the
///          lowest number; or `invalid_argument`
result<shard_id> check_command(const command& x, uint32_t shard_count);

/// The same for a part of a command, all of whose keys are in `shard`; it may
/// have guards only.
status check_part(const command& x, shard_id shard, uint32_t shard_count);

/// Calls `f` with the key of every operation, of both branches, and guard; a
/// key may come several times.
template <class F>
void each_key(const command& x, F f) {
  for (auto branch : {&x.operations, &x.otherwise})
    for (auto& op : *branch)
      f(op.key);
  for (auto& g : x.guards)
    f(g.key);
}

/// Of its keys and values.
size_t bytes_of(const command& x);

/// What is kept of operations for a person.
std::vector<operation> without_values(std::vector<operation> xs);

/// What tells two commands under one client's id apart: a hash of guards and
/// operations, never 0. 0 where no client chose the id: no other command can
/// have it.
uint32_t digest_of(const command& x);

/// Evaluates guards and operations against `state`.
/// @pre `check_command(x)` passed
evaluation evaluate(const command& x, const record_source& state);

/// Which guard does not hold, for a refusal; empty: all hold.
std::string failed_guard(const command& x, const record_source& state);

/// Evaluates a list of operations.
plan plan_of(const std::vector<operation>& xs, const record_source& state);

} // namespace muster
