// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/interfaces.hpp"
#include "registry/story.hpp"

#include <deque>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

namespace muster {

/// The command-object actors of one machine and the stories of those that are
/// done. An actor is taken for a command and put back afterwards: its end
/// would cost more than the command (CAF wakes its clock's thread).
///
/// A slot is an actor's index and, above 32 bits, how often it was taken: a
/// verdict for a former command finds nobody. Thread-safe.
class command_pool {
public:
  explicit command_pool(size_t history_max) : history_max_(history_max) {
    // nop
  }

  /// Adds the actors; call it once, before the first `take`.
  void fill(std::vector<command_actor> actors);

  /// Forgets the actors, so that the actor system can end.
  void clear();

  struct lease {
    uint64_t slot = 0;
    command_actor actor;
  };

  /// @returns nothing: all are busy, answer `overloaded`
  std::optional<lease> take();

  /// The command of `slot` is done: keeps its story, frees its actor.
  /// @param owns_id  false: `find` by its id is to find another one
  void put_back(uint64_t slot, story told, bool owns_id);

  /// The actor that works on `slot` now; null: none any more.
  command_actor find(uint64_t slot) const;

  /// Actors that are busy, for ticks.
  std::vector<command_actor> busy() const;

  /// Those that were taken last, newest first, at most `limit`.
  std::vector<command_actor> newest_busy(size_t limit) const;

  /// All actors, to end them.
  std::vector<command_actor> all() const;

  /// Stories of commands that are done, newest first.
  std::vector<story> recent(size_t limit) const;
  std::optional<story> find(const command_id& id) const;

  size_t size() const;
  size_t in_flight() const;

private:
  struct seat {
    command_actor actor;
    uint32_t taken = 0;
    bool busy = false;
    /// The number of the command among all that were begun.
    uint64_t number = 0;
  };

  static uint64_t slot_of(size_t index, uint32_t taken) {
    return (uint64_t{taken} << 32) | index;
  }

  mutable std::mutex mutex_;
  std::vector<seat> seats_;
  std::vector<uint32_t> free_;
  uint64_t begun_ = 0;
  size_t history_max_;
  uint64_t first_told_ = 0;
  std::deque<story> told_;
  std::unordered_map<std::string, uint64_t> told_at_; // look-ups only
};

} // namespace muster
