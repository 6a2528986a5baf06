// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/message_text.hpp"

#include <array>

namespace muster::sim {

namespace {

/// In the order of `wire_message`.
constexpr std::array<const char*, std::variant_size_v<wire_message>> names{
  "lease_request",   "lease_grant",    "submit",          "enlist",
  "verdict",         "read_request",   "read_reply",      "list_request",
  "list_reply",      "copy_request",   "copy_session",    "copy_grant",
  "invalidate",      "invalidate_ack", "validate",        "copy_drop",
  "join_request",    "join",           "joined",          "snapshot",
  "snapshot_ack",    "prepare",        "prepare_ack",     "commit",
  "drop_replica",    "drop_ack",       "fence",           "fence_ack",
  "explain_request", "explain_reply",  "watch_request",   "watch_news",
  "handover",        "handover_ack",   "handover_landed", "fence_done",
  "move_request",    "move_reply",     "part_prepare",    "part_vote",
  "part_decision",   "part_done",      "part_question",   "observe",
  "observed",        "observe_done",   "copy_offer",      "rack_waiting",
  "relayed"};

std::string number(const char* name, uint64_t x) {
  return std::string{" "} + name + "=" + std::to_string(x);
}

std::string text(const lease_request& x) {
  return number("number", x.number);
}

std::string text(const lease_grant& x) {
  auto out = number("number", x.number) + (x.unchanged ? " unchanged" : "");
  for (auto& c : x.covers)
    out += " " + std::to_string(c.shard.value)
           + "arc"[static_cast<size_t>(c.kind)] + std::to_string(c.of.value)
           + "." + std::to_string(c.in.value);
  return out;
}

template <class T>
std::string fields(const T& x) {
  std::string out;
  if constexpr (requires { x.link; })
    out += number("shard", x.link.shard.value) + number("of", x.link.of.value)
           + number("in", x.link.in.value) + number("to", x.link.to.value);
  if constexpr (requires { x.shard; })
    out += number("shard", x.shard.value);
  if constexpr (requires { x.of; })
    out += number("of", x.of.value);
  if constexpr (requires { x.id.value; })
    out += " id=" + x.id.value;
  if constexpr (requires { x.writer; })
    out += number("writer", x.writer.value);
  if constexpr (requires { x.directory; }) {
    out += number("writer", x.proposed.writer.value) + " asks";
    for (auto& entry : x.directory)
      out += " " + entry.who.id.value;
  }
  if constexpr (requires { x.what.joining; })
    out += number("shard", x.what.shard.value)
           + " joining=" + x.what.joining.id.value
           + " home=" + x.what.home.value + " leaving=" + x.what.leaving.value;
  if constexpr (requires { x.what.id.value; })
    out += " id=" + x.what.id.value;
  if constexpr (requires { x.attempt.decider; })
    out += number("decider", x.attempt.decider.value)
           + number("term", x.attempt.of.value)
           + number("entry", x.attempt.at.value);
  else if constexpr (requires { x.attempt; })
    out += number("attempt", x.attempt);
  if constexpr (requires { x.ticket; })
    out += number("ticket", x.ticket);
  if constexpr (requires { x.grant; })
    out += number("grant", x.grant.value);
  if constexpr (requires { x.prefix; })
    out += " prefix=" + x.prefix;
  if constexpr (requires { x.at.value; })
    out += number("at", x.at.value);
  if constexpr (requires { x.previous; })
    out += number("previous", x.previous.value)
           + number("entries", x.entries.size());
  if constexpr (requires { x.committed.value; })
    out += number("committed", x.committed.value);
  else if constexpr (requires { x.committed; })
    out += x.committed ? " commit" : " abort";
  if constexpr (requires { x.shared; })
    out += number("shared", x.shared.value);
  if constexpr (requires { x.as_of; })
    out += number("as_of", x.as_of.value) + number("chunk", x.chunk);
  if constexpr (requires { x.upto; })
    out += number("upto", x.upto.value);
  return out;
}

template <class T>
std::string text(const T& x) {
  return fields(x);
}

} // namespace

std::span<const char* const> message_names() {
  return names;
}

const char* name_of(const wire_message& x) {
  return names[x.index()];
}

bool never_repeated(const packet& x) {
  static const auto submit_tag = wire_message{submit{}}.index();
  static const auto relayed_tag = wire_message{relayed{}}.index();
  return x.tag == submit_tag || x.tag == relayed_tag;
}

std::string describe(const wire_message& x) {
  return names[x.index()]
         + std::visit([](auto& what) { return text(what); }, x);
}

} // namespace muster::sim
