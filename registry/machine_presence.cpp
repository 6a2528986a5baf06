// SPDX-License-Identifier: Apache-2.0
#include "registry/machine_presence.hpp"

namespace muster {

namespace {

/// Two renewals may be lost.
constexpr int renewals = 3;
/// Answers without an outcome, each after seconds, to one opening.
constexpr int unknown_max = 10;

std::string session_id(const peer& self, uint64_t number) {
  return self.id.value + "." + std::to_string(self.run.value) + "."
         + std::to_string(number);
}

} // namespace

machine_presence::machine_presence(const peer& self, const std::string& address,
                                   presence_options options)
  : self_(self), address_(address), options_(options) {
  alive_.key = "/machines/" + self.id.value + "/alive";
  mine_.ttl = options_.ttl;
  mine_.opened_at = self.id;
  mine_.label = "machine " + self.id.value;
}

void machine_presence::draft_opening() {
  mine_.id = session_id(self_, ++opened_count_);
  // U2: the end of a former session must not take this one's record.
  alive_.value = "{\"address\":\"" + address_
                 + "\",\"incarnation\":" + std::to_string(self_.run.value)
                 + ",\"session\":\"" + mine_.id + "\"}";
  opening_ = open_command(mine_);
  opening_->id = command_id{"=presence." + mine_.id};
  opening_->operations.push_back(
    {operation_kind::put, alive_.key, alive_.value});
  opening_->operations.push_back(
    {operation_kind::put, bound_key(mine_.id, alive_.key), alive_.value});
  born_ = sequence{};
  unknown_count_ = 0;
}

std::optional<machine_presence::request>
machine_presence::on_tick(boot_time now) {
  if (options_.ttl == nanoseconds{0} || leaving_ || waiting_ || now < next_)
    return std::nullopt;
  waiting_ = true;
  if (open_)
    return request{renew_command(mine_), {}};
  if (!opening_)
    draft_opening();
  return request{*opening_, born_};
}

void machine_presence::on_answer(outcome what, sequence born, boot_time now) {
  waiting_ = false;
  next_ = now + options_.retry;
  switch (what) {
    case outcome::committed:
      open_ = true;
      opening_.reset();
      next_ = now + options_.ttl / renewals;
      break;
    case outcome::refused: // it has ended
      open_ = false;
      opening_.reset();
      next_ = now;
      break;
    case outcome::unknown:
      // An opening that is still on its way would write the record after the
      // next one's: it is asked for again until its outcome is known (C3).
      if (opening_)
        born_ = born;
      // It may be forgotten by now, and then never told.
      if (opening_ && ++unknown_count_ >= unknown_max)
        opening_.reset();
      break;
    default: // it surely changed nothing
      break;
  }
}

std::optional<command> machine_presence::farewell() {
  leaving_ = true;
  if (!open_)
    return std::nullopt;
  return end_command(mine_, {alive_});
}

} // namespace muster
