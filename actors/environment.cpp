// SPDX-License-Identifier: Apache-2.0
#include "actors/environment.hpp"

#include "actors/wire.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

/// For a command of the machine's own actors.
constexpr std::chrono::seconds internal_patience{5};

/// Which actor takes which message.
struct courier {
  machine_environment& env;
  const peer& from;

  template <class Actor, class Message>
  void hand(const Actor& to, Message& x) {
    caf::anon_send(to, from, std::move(x));
  }

  template <class Message>
  void to_shard(shard_id shard, Message& x) {
    if (shard.value < env.actors.shards.size())
      hand(env.actors.shards[shard.value], x);
  }

  template <class Message>
  void to_command(Message& x) {
    if (auto actor = env.commands.find(x.slot))
      hand(actor, x);
  }

  void operator()(lease_request& x) {
    hand(env.actors.leases, x);
  }
  void operator()(lease_grant& x) {
    hand(env.actors.leases, x);
  }
  void operator()(submit& x) {
    hand(env.actors.agent, x);
  }
  void operator()(enlist& x) {
    to_command(x);
  }
  void operator()(verdict& x) {
    to_command(x);
  }
  void operator()(read_request& x) {
    hand(env.actors.agent, x);
  }
  void operator()(list_request& x) {
    hand(env.actors.agent, x);
  }
  void operator()(watch_request& x) {
    hand(env.actors.agent, x);
  }
  void operator()(copy_request& x) {
    hand(env.actors.agent, x);
  }
  void operator()(invalidate_ack& x) {
    hand(env.actors.agent, x);
  }
  void operator()(copy_drop& x) {
    hand(env.actors.agent, x);
  }
  void operator()(read_reply& x) {
    hand(env.actors.reader, x);
  }
  void operator()(list_reply& x) {
    hand(env.actors.reader, x);
  }
  void operator()(explain_request& x) {
    hand(env.actors.reader, x);
  }
  void operator()(explain_reply& x) {
    hand(env.actors.reader, x);
  }
  void operator()(watch_news& x) {
    hand(env.actors.reader, x);
  }
  void operator()(copy_session& x) {
    hand(env.actors.copies, x);
  }
  void operator()(copy_grant& x) {
    hand(env.actors.copies, x);
  }
  void operator()(copy_offer& x) {
    hand(env.actors.copies, x);
  }
  void operator()(invalidate& x) {
    hand(env.actors.copies, x);
  }
  void operator()(validate& x) {
    hand(env.actors.copies, x);
  }
  void operator()(fence& x) {
    hand(env.actors.copies, x);
  }
  void operator()(observe& x) {
    if (x.link.shard.value < env.facts.shard_count)
      hand(env.actors.policies, x);
  }
  void operator()(observe_done& x) {
    hand(env.actors.policies, x);
  }
  void operator()(observed& x) {
    hand(env.actors.agent, x);
  }
  void operator()(fence_ack& x) {
    if (env.facts.agent.for_rack) // a switch is the home of nothing
      hand(env.actors.agent, x);
    else
      to_shard(x.shard, x);
  }
  void operator()(rack_waiting& x) {
    hand(env.actors.agent, x);
  }
  void operator()(relayed& x) {
    hand(env.actors.agent, x);
  }
  void operator()(join_request& x) {
    to_shard(x.shard, x);
  }
  void operator()(part_prepare& x) {
    hand(env.actors.agent, x);
  }
  void operator()(part_vote& x) {
    to_shard(x.shard, x);
  }
  void operator()(part_decision& x) {
    to_shard(x.shard, x);
  }
  void operator()(part_done& x) {
    to_shard(x.shard, x);
  }
  void operator()(part_question& x) {
    to_shard(x.shard, x);
  }
  void operator()(move_request& x) {
    to_shard(x.what.shard, x);
  }
  void operator()(move_reply& x) {
    hand(env.actors.reader, x);
  }

  /// Everything else is about the log and names its shard in its link.
  template <class Message>
  void operator()(Message& x) {
    to_shard(x.link.shard, x);
  }
};

} // namespace

command_id machine_environment::next_command_id() {
  auto number = next_command_.fetch_add(1, std::memory_order_relaxed);
  return command_id{facts.self.id.value + "."
                    + std::to_string(facts.self.run.value) + "."
                    + std::to_string(number)};
}

void machine_environment::submit(command x, sequence born, nanoseconds patience,
                                 uint64_t ticket) {
  if (x.id.value.empty())
    x.id = next_command_id();
  command_answer bad;
  bad.id = x.id;
  bad.what = outcome::unavailable;
  auto shard = check_command(x, facts.shard_count);
  if (!shard) {
    bad.detail = "invalid: " + shard.failure().message;
    return ports.replies.command_done(ticket, std::move(bad));
  }
  auto seat = commands.take();
  if (!seat) {
    bad.detail = "overloaded: too many commands in flight on this machine";
    return ports.replies.command_done(ticket, std::move(bad));
  }
  caf::anon_send(seat->actor, begin_command{std::move(x), *shard, seat->slot,
                                            ticket, born, now() + patience});
}

void machine_environment::submit_internal(command x, sequence born,
                                          uint32_t asker, uint64_t number) {
  submit(std::move(x), born, internal_patience,
         internal_ticket::of(asker, number & internal_ticket::number_max));
}

void machine_environment::send(const machine_id& to, wire_message x) {
  if (to == facts.self.id) {
    deliver(facts.self, std::move(x));
    return;
  }
  // A message that is not queued is lost; every core sends again what matters.
  static_cast<void>(ports.wire.send(to, lane_of(x), encode(x)));
}

void machine_environment::deliver(const peer& from, wire_message x) {
  std::visit(courier{*this, from}, x);
}

} // namespace muster
