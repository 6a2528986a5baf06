// SPDX-License-Identifier: Apache-2.0
#include "actors/internal_answers.hpp"

#include "actors/environment.hpp"

#include <caf/send.hpp>

namespace muster {

void internal_answers::command_done(uint64_t ticket, command_answer x) {
  if (!internal_ticket::is_one(ticket))
    return outside_.command_done(ticket, std::move(x));
  command_result told{internal_ticket::number_of(ticket), x.what, x.born};
  auto asker = internal_ticket::asker_of(ticket);
  if (asker == internal_ticket::presence)
    caf::anon_send(actors_.presence, told);
  else if (asker == internal_ticket::inventory)
    caf::anon_send(actors_.inventory, told);
  else if (asker < actors_.shards.size())
    caf::anon_send(actors_.shards[asker], told);
}

void internal_answers::read_done(uint64_t ticket, read_reply x) {
  outside_.read_done(ticket, std::move(x));
}

bool internal_answers::tell_inventory(
  uint64_t ticket, std::optional<std::vector<listed_record>> records) {
  if (!internal_ticket::is_one(ticket))
    return false;
  if (internal_ticket::asker_of(ticket) == internal_ticket::inventory)
    caf::anon_send(actors_.inventory,
                   own_records{internal_ticket::number_of(ticket),
                               std::move(records)});
  return true;
}

void internal_answers::list_done(uint64_t ticket, list_reply x) {
  if (internal_ticket::is_one(ticket)) {
    auto records = x.too_large ? std::nullopt
                               : std::optional{std::move(x.records)};
    tell_inventory(ticket, std::move(records));
    return;
  }
  outside_.list_done(ticket, std::move(x));
}

void internal_answers::explain_done(uint64_t ticket, explain_reply x) {
  outside_.explain_done(ticket, std::move(x));
}

void internal_answers::move_done(uint64_t ticket, move_reply x) {
  outside_.move_done(ticket, std::move(x));
}

void internal_answers::timed_out(uint64_t ticket) {
  if (!tell_inventory(ticket, std::nullopt))
    outside_.timed_out(ticket);
}

void internal_answers::watch_told(uint64_t ticket, std::vector<watch_event> x) {
  outside_.watch_told(ticket, std::move(x));
}

bool internal_answers::watch_has_room(uint64_t ticket) {
  return outside_.watch_has_room(ticket);
}

} // namespace muster
