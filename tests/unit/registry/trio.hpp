// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/home_agent.hpp"
#include "registry/lease_keeper.hpp"
#include "registry/local_copies.hpp"
#include "registry/policy_observer.hpp"
#include "registry/shard_replica.hpp"
#include "tests/unit/registry/plain_table.hpp"
#include "tests/unit/registry/text_codec.hpp"

#include <catch2/catch.hpp>

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace muster::test {

using namespace std::chrono_literals;

/// The shard of all these tests; its cluster has no other.
constexpr shard_id only_shard{0};

/// A shard's disk: what survives a restart, and what waits for the sync.
struct plain_disk {
  struct write {
    std::vector<log_change> changes;
    std::optional<checkpoint_effect> rows;
    uint64_t token = 0;
  };

  std::string meta;
  sequence checkpoint;
  std::map<std::string, std::string> state;
  std::vector<std::string> entries; // checkpoint + 1 ..
  std::deque<write> waiting;

  void apply(const write& x);
  recovered_replica recovered() const;
};

/// One machine: every core of one shard, its disk and its table.
struct machine {
  peer self;
  store_id store;
  bool up = true;
  /// False: the disk keeps writes waiting.
  bool syncs = true;
  /// False: no word from the coordinator, nor to it.
  bool coordinated = true;
  plain_disk disk;
  plain_table table;
  std::unique_ptr<lease_keeper> keeper;
  std::unique_ptr<shard_replica> replica;
  std::unique_ptr<home_agent> agent;
  std::unique_ptr<local_copies> copies;
  std::unique_ptr<policy_observer> observer;
  std::map<uint64_t, verdict> verdicts; // by slot
  std::map<uint64_t, std::vector<participant>> enlisted;
};

/// Machines of one shard with everything around them in memory: a network of
/// FIFO lanes, a coordinator, disks, a virtual clock. It carries out effects in
/// the order in which they were emitted; every message, sync and answer is an
/// event of one queue. Deterministic: no thread, no clock, no randomness.
///
/// After every event it asserts the cores' invariants and that no machine
/// serves a value older than one whose write was answered (I1, I8).
class trio {
public:
  /// Starts `machine_count` machines; the first `replica_count` are the
  /// shard's replicas, the first of them is to be the primary.
  explicit trio(size_t replica_count = 3, size_t machine_count = 3,
                shard_options options = {});

  // -- the world --------------------------------------------------------------

  /// Lets time pass in steps of 50 ms, with a tick for everyone.
  void run(nanoseconds time);

  /// Lets time pass until `done`. @returns false after 30 s
  bool run_until(const std::function<bool()>& done);

  /// Carries out what is queued, without time.
  void drain();

  /// Carries out one event. @returns false: there was none
  bool step();

  void tick();

  /// Kills the process of a machine; its disk keeps what was synced.
  void kill(size_t i);
  void start(size_t i);

  void restart(size_t i) {
    kill(i);
    start(i);
  }

  /// Kills a machine and starts it with an empty disk, a store of its own.
  void replace_disk(size_t i);

  /// From now on nothing passes between two machines; what is under way is
  /// lost.
  void cut(size_t a, size_t b);
  void join(size_t a, size_t b);
  void isolate(size_t i);
  void heal();

  void hold_disk(size_t i) {
    at(i).syncs = false;
  }

  void sync(size_t i);

  /// A message that was under way for long comes now.
  void deliver_late(size_t from, size_t to, wire_message x) {
    send(from, at(to).self.id, std::move(x));
  }

  /// Messages for which this is true vanish.
  std::function<bool(size_t from, size_t to, const wire_message&)> loses;

  /// The coordinator answers none of the next swaps of this machine, though it
  /// carries them out.
  std::set<size_t> unanswered_swaps;

  // -- users ------------------------------------------------------------------

  /// Sends one attempt to whom the coordinator names primary. @returns its slot
  uint64_t submit(size_t origin, const command& x, uint32_t attempt = 1,
                  sequence born = {});

  /// Submits, waits for the verdict. @returns `committed`, `refused`, ...
  std::string write(size_t origin, const command& x, uint32_t attempt = 1);
  std::string put(const std::string& key, const std::string& value);

  /// What user code on a machine reads: the value, `absent` or `silent`.
  std::string read(size_t i, const std::string& key) const;

  const verdict* find_verdict(uint64_t slot) const;

  void pin(size_t i, const std::string& prefix);

  /// The policies in force, as every machine knows them from now on.
  void set_policies(std::vector<policy> x);

  /// False: an agent that begins does not know the policies.
  bool policies_known = true;
  /// A read of machine i at its home; nobody waits for the answer.
  void ask_home(size_t i, size_t home, const std::string& key);

  /// Tells a machine's replica whether its clock is the wrong one.
  void doubt(size_t i, bool doubted);

  /// Tells the primary, if there is one.
  void order(const move_order& x);

  /// An order from the numbers of machines; none = -1.
  move_order make_order(int joining, int home, int leaving);

  // -- the other shards -------------------------------------------------------

  /// What was sent to the homes of other shards, and not taken yet.
  std::deque<send_home_effect> to_others;
  /// Every entry that an agent was told of.
  std::vector<watched_entry> watched;

  /// The newest message of this kind to another shard; the rest is forgotten.
  template <class Message>
  std::optional<Message> take_told() {
    std::optional<Message> out;
    for (auto& x : to_others)
      if (auto found = std::get_if<Message>(&x.what))
        out = *found;
    to_others.clear();
    return out;
  }

  /// Another shard asks this one to prepare a part.
  void prepare_part(const part_prepare& x);

  /// Another shard's home tells the primary.
  template <class Message>
  void tell_home(const Message& x) {
    auto i = primary();
    REQUIRE(i);
    with_replica(*i, [&](auto& r, auto& out) {
      r.on_message(peer{machine_id{"far"}, incarnation{1}}, x, now_, out);
    });
  }

  // -- what is ----------------------------------------------------------------

  machine& at(size_t i) {
    return machines_[i];
  }

  const shard_context& context(size_t i) const {
    return machines_[i].replica->context();
  }

  const assignment& assigned() const {
    return assigned_;
  }

  /// Replaces the assignment, as an operator does.
  void assign(assignment x);

  /// The acting primary of the newest term; none: nullopt.
  std::optional<size_t> primary() const;
  bool serves() const;
  bool run_until_served();
  size_t in_sync_count() const {
    return assigned_.in_sync.size();
  }

  boot_time now() const {
    return now_;
  }

  size_t size() const {
    return machines_.size();
  }

  /// Names of all notes so far, such as `log_cut`.
  std::multiset<std::string> notes;

private:
  using event = std::function<void()>;

  /// Queues `x` for the present incarnation of a machine.
  void queue(size_t i, event x);
  std::optional<size_t> find(const machine_id& id) const;
  void build(size_t i);
  void send(size_t from, const machine_id& to, wire_message x);
  void tell(size_t from, const policy_observer_effects& x);
  void deliver(size_t from, const peer& sender, size_t to,
               const wire_message& x);
  void announce_members();
  void announce_fence_members(size_t i);
  void announce_assignment(size_t i);
  void swap(size_t i, const swap_effect& x);
  void flush(size_t i);
  void check() const;
  void note_answer(const verdict& x);

  void carry(size_t i, const shard_effects& all);
  void carry(size_t i, const agent_effects& all);
  void carry(size_t i, const lease_effects& all);
  void carry(size_t i, const copy_effects& all);

  // One effect; `agents`: it is the agent's, not the shard's.
  void on(size_t i, const persist_effect& x);
  void on(size_t i, const checkpoint_effect& x);
  void on(size_t i, const require_effect& x);
  void cover_for(size_t i, const cover_effect& x);
  void uncover_for(size_t i, const uncover_effect& x, bool agents);

  template <class Out, class Core, class F>
  void with(size_t i, Core& core, F f) {
    Out out;
    f(core, out);
    carry(i, out);
  }

  template <class F>
  void with_replica(size_t i, F f) {
    with<shard_effects>(i, *machines_[i].replica, f);
  }

  template <class F>
  void with_agent(size_t i, F f) {
    with<agent_effects>(i, *machines_[i].agent, f);
  }

  template <class F>
  void with_keeper(size_t i, F f) {
    with<lease_effects>(i, *machines_[i].keeper, f);
  }

  template <class F>
  void with_copies(size_t i, F f) {
    with<copy_effects>(i, *machines_[i].copies, f);
  }

  text_codec codec_;
  shard_options options_;
  boot_time now_{1000s};
  uint64_t revision_ = 10;
  uint64_t members_changed_ = 0;
  assignment assigned_;
  std::vector<policy> policies_;
  std::deque<machine> machines_;
  std::deque<event> events_;
  std::set<std::pair<size_t, size_t>> cuts_;
  uint64_t cut_count_ = 0;
  uint64_t next_slot_ = 1;
  std::map<uint64_t, size_t> origins_; // slot -> machine
  /// The newest answered version and value of every key.
  std::map<std::string, sequence> answered_;
  std::map<uint64_t, std::vector<std::string>> keys_; // slot -> keys
};

/// A command with one id.
command put_command(const std::string& id, const std::string& key,
                    const std::string& value);
command erase_command(const std::string& id, const std::string& key);

/// Refused if the key is there already.
command create_command(const std::string& id, const std::string& key,
                       const std::string& value);

} // namespace muster::test
