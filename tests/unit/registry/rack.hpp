// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/home_agent.hpp"
#include "registry/local_copies.hpp"
#include "tests/unit/registry/plain_table.hpp"

#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

namespace muster::test {

/// One shard's home of term 5, switch s, and machines l1, l2, ... behind it
/// that mirror "/": the cores, and instead of actors and network one queue.
///
/// The shard is a stub: a map, and entries that are prepared and committed by
/// hand. So are the leases: whoever is covered holds one without an end as soon
/// as it asks, until it is taken away.
class rack {
public:
  explicit rack(size_t leaf_count);

  const peer home{machine_id{"home"}, incarnation{1}};
  const peer s{machine_id{"s"}, incarnation{2}};

  peer leaf(size_t number) const {
    return {machine_id{"l" + std::to_string(number)}, incarnation{3}};
  }

  boot_time now{std::chrono::seconds{100}};
  home_agent at_home;
  home_agent at_switch;
  /// Of every message, in order.
  std::vector<std::pair<machine_id, wire_message>> sent;
  /// Whose messages are lost, both ways.
  std::set<machine_id> cut;
  /// What agents wanted: the newest word to the shard, fences that may be
  /// answered, leases that are to end.
  uint64_t ready = 0;
  std::vector<holder_ack> acks;
  std::vector<fence_passed> fences;
  std::vector<uncover_effect> ending;

  /// Works until nothing is left to do.
  void settle();
  /// Delivers one message. @returns false: there is none
  bool step();
  /// Time passes, with a tick of everything each 50 ms.
  void pass(nanoseconds length);

  /// An entry that writes `key`, prepared at home; its number.
  uint64_t prepare(const std::string& key, const std::string& value);
  void commit(uint64_t upto);
  void write(const std::string& key, const std::string& value);

  std::string read(const peer& who, const std::string& key = "/a");

  /// The switch's lease covers the shard no more, and then again, in the same
  /// session.
  void lose_cover();
  void regain_cover();
  /// The lease of `who` at the switch is over at this time.
  void end_at_switch(const peer& who, boot_time until);

  local_copies& copies(const peer& who) {
    return copies_.at(who.id);
  }

  void send(const peer& from, const machine_id& to, wire_message x);
  void take(const peer& at, copy_effects& x);
  void take(const peer& at, agent_effects& x);

  template <class T>
  size_t count(const machine_id& to) const {
    size_t found = 0;
    for (auto& [who, x] : sent)
      found += who == to && std::holds_alternative<T>(x);
    return found;
  }

private:
  struct message {
    peer from;
    machine_id to;
    wire_message what;
  };

  peer peer_of(const machine_id& id) const;
  void deliver(message& x);
  void give(const copy_ask& x);
  void tell_leases(const peer& granter, const peer& holder);

  std::map<machine_id, peer> peers_;
  std::map<machine_id, local_copies> copies_;
  std::map<machine_id, plain_table> tables_;
  std::deque<message> wire_;
  std::deque<std::function<void()>> local_;
  /// By granter and holder.
  std::map<std::pair<machine_id, machine_id>, cover> covers_;
  std::map<std::pair<machine_id, machine_id>, std::vector<cover>> told_;
  std::map<std::string, listed_record> records_;
  std::vector<watched_entry> undecided_;
  uint64_t newest_ = 1;
  uint64_t committed_ = 1;
  uint64_t round_ = 0;
};

} // namespace muster::test
