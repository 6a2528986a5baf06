// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/listed_record.hpp"
#include "runtime/ports/answers.hpp"

#include <optional>
#include <vector>

namespace muster {

struct machine_actors;

/// Who of this machine's actors wants to know what became of a command, as a
/// ticket. A user's ticket never has its highest bit.
namespace internal_ticket {

constexpr uint64_t mark = uint64_t{1} << 63;
constexpr uint64_t number_max = (uint64_t{1} << 32) - 1;
/// In place of a shard: the presence actor.
constexpr uint32_t presence = 0x7FFFFFFF;
/// The actor that publishes what the machine has; it also reads.
constexpr uint32_t inventory = presence - 1;

/// @pre the shard's number is below `inventory`, `number` at most `number_max`
constexpr uint64_t of(uint32_t asker, uint64_t number) {
  return mark | (uint64_t{asker} << 32) | number;
}

constexpr bool is_one(uint64_t ticket) {
  return (ticket & mark) != 0;
}

constexpr uint32_t asker_of(uint64_t ticket) {
  return static_cast<uint32_t>(ticket >> 32) & 0x7FFFFFFF;
}

constexpr uint64_t number_of(uint64_t ticket) {
  return ticket & number_max;
}

} // namespace internal_ticket

/// Gives answers to this machine's own actors, if they asked, and all others to
/// the users' side. Not thread-safe but for what the outside is.
class internal_answers final : public answers {
public:
  /// Both are referred to.
  internal_answers(answers& outside, machine_actors& actors)
    : outside_(outside), actors_(actors) {
    // nop
  }

  void command_done(uint64_t ticket, command_answer x) override;
  void read_done(uint64_t ticket, read_reply x) override;
  void list_done(uint64_t ticket, list_reply x) override;
  void explain_done(uint64_t ticket, explain_reply x) override;
  void move_done(uint64_t ticket, move_reply x) override;
  void timed_out(uint64_t ticket) override;
  void watch_told(uint64_t ticket, std::vector<watch_event> x) override;
  bool watch_has_room(uint64_t ticket) override;

private:
  /// @returns false: nobody of this machine asked
  bool tell_inventory(uint64_t ticket,
                      std::optional<std::vector<listed_record>> records);

  answers& outside_;
  machine_actors& actors_;
};

} // namespace muster
