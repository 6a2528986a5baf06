// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/selector.hpp"
#include "registry/command.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Most candidates that one reservation tries, one after the other.
constexpr uint32_t reservation_attempts_max = 16;

/// Longest id of an allocation.
constexpr size_t allocation_id_bytes_max = 100;

/// What is reserved at one place.
struct reserved_part {
  placement where;
  uint64_t capacity_bytes = 0;
  uint64_t cores_permille = 0;
  uint64_t memory_bytes = 0;
  /// Of each of `where.gpus`.
  uint32_t gpu_share_permille = 0;

  bool operator==(const reserved_part&) const = default;
};

/// What `x` reserves at each of its places.
std::vector<reserved_part> parts_of(const qos& x,
                                    std::vector<placement> places);

/// A record that says who has reserved what: one on each machine, and perhaps
/// one for all of them, the claim.
struct allocation_record {
  std::string key;
  /// Those on one machine, or all.
  std::vector<reserved_part> parts;
};

/// The text of an allocation's record; the core does not care what it says.
using allocation_text = std::function<std::string(const allocation_record&)>;

/// Guards and operations of a command that has no id yet.
struct command_plan {
  std::vector<guard> guards;
  std::vector<operation> operations;
};

/// An allocation's id: what a segment of a key may be, at most
/// `allocation_id_bytes_max` bytes.
status check_allocation_id(std::string_view id);

/// `/allocations/<id>`: exists once, wherever the allocation is. It makes a
/// command over several shards of what could do with one.
std::string claim_key(std::string_view allocation);

/// The records of an allocation, by machine; the claim comes last.
std::vector<allocation_record>
allocation_records(std::string_view allocation,
                   const std::vector<reserved_part>& parts, bool claimed);

/// A command that reserves: it subtracts from each counter once, none below 0,
/// and writes the allocation's records, none of which may exist. Whoever lost a
/// race is refused by a counter; who has reserved already, by a record.
/// @pre `check_allocation_id` passed
command_plan plan_reservation(std::string_view allocation,
                              const std::vector<reserved_part>& parts,
                              bool claimed, const allocation_text& text);

/// A command that gives everything back. The records must have the versions
/// given, in the order of `allocation_records`, so that it happens once.
command_plan plan_release(std::string_view allocation,
                          const std::vector<reserved_part>& parts, bool claimed,
                          const std::vector<sequence>& versions);

/// What a reservation does after a command's answer.
enum class reservation_step : uint8_t {
  done,
  next, // another candidate, as a new command
  again, // the same command with the same id: it may have been applied
  stop, // the error is the answer
};

/// One reservation from the first candidate to the last. A candidate is given
/// up only when it is certain that nothing was reserved there (I14, and no
/// leak).
///
///     attempt --> ok: done
///             --> refused, unavailable, overloaded: next attempt
///             --> unknown, timed out: the same command again
///
/// Not thread-safe; owned by one actor.
class reservation {
public:
  /// @pre `check_allocation_id(id)` and `check_qos(wanted)` passed
  /// @param how      its `random` is that of the first attempt; no dry run
  /// @param claimed  the id comes from a client, who may ask again elsewhere
  reservation(std::string id, qos wanted, search_options how, bool claimed);

  /// Chooses for the next attempt.
  /// @param random  another one for each attempt
  /// Errors: as `selector::choose`, with `refused` if there is no candidate, or
  /// if all attempts were made: then others are faster all the time, so retry
  /// later; the explanation names what was lost under `taken`
  result<command_plan> attempt(selector& use, uint64_t random,
                               const allocation_text& text);

  /// Tells what became of the last attempt.
  /// @param x  nothing: it was applied
  reservation_step on_answer(std::optional<errc> x);

  /// Of the last attempt.
  const std::vector<reserved_part>& parts() const {
    return parts_;
  }

  /// 1 for the first.
  uint32_t attempts() const {
    return attempts_;
  }

  /// For an explanation after the last attempt.
  const search_options& options() const {
    return how_;
  }

private:
  std::string id_;
  qos wanted_;
  search_options how_; // `avoid`: where attempts failed
  bool claimed_;
  uint32_t attempts_ = 0;
  std::vector<reserved_part> parts_;
};

} // namespace muster
