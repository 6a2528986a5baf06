// SPDX-License-Identifier: Apache-2.0
#include "actors/wire.hpp"

#include "tests/fuzz/target.hpp"

// One packet: its tag in a byte, then its payload.

namespace muster::fuzz {

namespace {

std::string to_input(const wire_message& x) {
  auto encoded = encode(x);
  std::string out(1, static_cast<char>(encoded.tag));
  return out + encoded.payload;
}

command some_command() {
  command out;
  out.id = command_id{"=id"};
  out.guards.push_back({guard_kind::value, "/a/b", sequence{3}, "v"});
  out.operations.push_back({operation_kind::add, "/a/b", "", -3, 0, 9});
  return out;
}

participant some_participant() {
  participant out;
  out.who = {machine_id{"m2"}, incarnation{9}};
  out.address = "h:1";
  out.reason = participation::acquired_in_flight;
  out.prefix = "/a";
  out.enlisted_by = machine_id{"m1"};
  return out;
}

/// One message of each type, its lists filled.
template <size_t... Is>
void add_all(std::vector<wire_message>& out, std::index_sequence<Is...>) {
  (out.emplace_back(std::in_place_index<Is>), ...);
}

void fill(std::vector<wire_message>& all) {
  auto& to = all;
  auto set = [&to]<class T>(T x) {
    for (auto& each : to)
      if (std::holds_alternative<T>(each))
        each = x;
  };
  set(lease_grant{1,
                  incarnation{2},
                  3,
                  false,
                  {{shard_id{1}, cover_kind::copy, {}, {}}},
                  7,
                  {{shard_id{1}, 8}}});
  set(relayed{{machine_id{"m1"}, incarnation{3}},
              {shard_id{1}, 4, some_command(), 1, sequence{2}}});
  set(invalidate_ack{{},
                     grant_number{2},
                     sequence{3},
                     {{{machine_id{"m2"}, incarnation{1}}, 5, true, {}}}});
  set(submit{shard_id{1}, 4, some_command(), 1, sequence{2}});
  set(enlist{1, command_id{"m1.2.3"}, {some_participant()}});
  set(verdict{1,
              command_id{"m1.2.3"},
              1,
              outcome::committed,
              sequence{8},
              "why",
              {-1},
              {{{machine_id{"m2"}, incarnation{1}}, 5, true}},
              true,
              false,
              {},
              true});
  set(list_reply{1, shard_id{2}, true, false, epoch{3}, {{"/k", "v", {}}}});
  set(copy_grant{{}, grant_number{2}, "/a", sequence{1}, 0, true, {{}, {}}});
  set(invalidate{{}, grant_number{2}, sequence{3}, {{"/k", "v", false}}});
  set(copy_offer{{}, "/k"});
  set(join{
    {}, epoch{1}, sequence{1}, term{2}, sequence{3}, {{term{2}, sequence{3}}}});
  set(snapshot{{}, epoch{1}, sequence{1}, 0, true, {{"k", "v"}}});
  set(prepare{{}, term{1}, sequence{2}, sequence{3}, {"entry", ""}});
  const attempt_name attempt{shard_id{1}, term{2}, sequence{3}};
  set(part_prepare{shard_id{2}, attempt, some_command(), true, {}, 4, {}});
  part_vote vote;
  vote.attempt = attempt;
  vote.what = vote_kind::refused;
  vote.planned.otherwise = {"why", {{"/k", "v", false}}, {1}};
  vote.acknowledged.emplace_back();
  set(vote);
  set(observe{
    {}, sequence{1}, command_id{"m1.2.3"}, {"/k", "/l"}, {"name: reason"}});
  set(part_decision{shard_id{2}, attempt, command_id{"m1.2.3"}, true, true});
  explain_reply reply;
  reply.told.operations = some_command().operations;
  reply.told.participants = {some_participant()};
  set(reply);
  set(watch_news{shard_id{1},
                 incarnation{5},
                 2,
                 sequence{3},
                 sequence{4},
                 true,
                 "/j",
                 true,
                 true,
                 {{}},
                 {{"/k", "", {}}}});
}

/// Types with a name for each value have one for what was decoded.
void check_names(const wire_message& x) {
  auto named = [](auto each) {
    require(to_string(each) != std::string{"?"}, "a value has a name");
  };
  if (auto* told = std::get_if<verdict>(&x))
    named(told->what);
  if (auto* reply = std::get_if<explain_reply>(&x))
    named(reply->told.what);
  if (auto* list = std::get_if<enlist>(&x))
    for (auto& each : list->who)
      named(each.reason);
}

} // namespace

bool run(std::string_view input) {
  packet x;
  x.tag = take_byte(input);
  x.payload = std::string{input};
  auto found = decode(x);
  if (!found)
    return false;
  require(found->index() == x.tag, "a tag is a type");
  static_cast<void>(lane_of(*found));
  check_names(*found);
  auto again = encode(*found);
  require(again.tag == x.tag, "a type is a tag");
  auto second = decode(again);
  require(static_cast<bool>(second), "what was decoded can be encoded");
  require(encode(*second).payload == again.payload, "encoding keeps it all");
  return true;
}

std::vector<std::string> seeds() {
  std::vector<wire_message> all;
  add_all(all, std::make_index_sequence<std::variant_size_v<wire_message>>{});
  std::vector<std::string> out;
  for (auto& each : all)
    out.push_back(to_input(each));
  fill(all);
  for (auto& each : all)
    out.push_back(to_input(each));
  return out;
}

} // namespace muster::fuzz
