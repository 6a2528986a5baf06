// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "tests/checker/history.hpp"
#include "tests/simulation/part_watch.hpp"
#include "tests/simulation/production_machine.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace muster::sim {

struct workload_options {
  /// Clients of each machine; each has one operation open at a time.
  size_t clients_per_machine = 6;
  /// Mean pause between two operations of a client.
  nanoseconds pause = 200ms;
  /// Deadline of an operation at its machine.
  nanoseconds timeout_min = 500ms;
  nanoseconds timeout_max = 4s;
  size_t group_count = 24;
  size_t keys_per_group = 3;
  /// Operations of 1000 before which a mirror of a prefix begins or ends.
  unsigned mirror_permille = 0;
  /// Writes of 1000 whose keys are in several groups.
  unsigned several_permille = 0;
};

/// Clients on all machines, and the history of what they were told.
///
/// A client whose operation is left open (its machine died), or whose write is
/// of unknown outcome, goes on under a new name. Values are unique.
///
/// Sources: `workload.cpp` (clients and writes), `workload_reads.cpp`.
class workload {
public:
  workload(sim_world& world, const cluster_shape& shape,
           workload_options options, sim_random random);

  ~workload();

  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  /// The clients of a machine begin; call it once a machine.
  void begin_at(const machine_id& id);

  /// Every key that clients touch, by shard.
  std::map<shard_id, std::vector<std::string>> all_keys() const;

  /// No new operations.
  void stop() {
    stopped_ = true;
  }

  /// Clients slow down, for the end of a run.
  void set_pause(nanoseconds x) {
    options_.pause = x;
  }

  /// Writes a key of each shard, again and again, from some machine; the
  /// liveness of the cluster.
  void probe_shards();

  /// Shards whose probe has not been committed yet.
  std::set<shard_id> unanswered_probes() const {
    return unanswered_;
  }

  /// Operations still open become what they are at the end: unknown writes
  /// stay, reads without an answer vanish.
  /// @param parts  tells the versions that commands over several shards made
  history take_history(const part_watch& parts);

  /// What commands over several shards were told and is not so; empty =
  /// nothing. After `take_history`.
  const std::string& problem() const {
    return problem_;
  }

  struct counters {
    size_t committed = 0;
    size_t refused = 0;
    size_t unavailable = 0;
    size_t unknown = 0;
    size_t remote_reads = 0;
    size_t local_reads = 0;
    size_t listings = 0;
    size_t copy_reads = 0;
    size_t mirrored = 0;
    size_t several = 0;
  };

  const counters& count() const {
    return count_;
  }

private:
  struct client;
  /// A command on its way, and the positions of its operations.
  struct open_write;
  using write_ptr = std::shared_ptr<open_write>;

  void wake_later(client& c);
  void wake(client& c);
  production_machine* usable(const machine_id& id) const;
  void act(client& c, production_machine& m);
  void wait(client& c);
  void watch_process(client& c, uint64_t turn);
  void done(client& c, bool rename);

  void write(client& c, production_machine& m);
  operation draft(client& c, const std::string& key);
  void choose(operation& x);
  void draft_several(client& c, open_write& w, std::vector<operation>& parts);
  operation draft_add(client& c, const std::string& key, open_write& w);
  void send_write(const write_ptr& w, client& c, production_machine& m);
  void on_answer(const write_ptr& w, client& c, command_answer x);
  void retry(const write_ptr& w, client& c);
  void settle(open_write& w, const command_answer& x);

  void mirror(production_machine& m);
  void read(client& c, production_machine& m);
  void list(client& c, production_machine& m);
  bool read_local(const std::string& by, production_machine& m,
                  const std::string& key);
  bool list_local(client& c, production_machine& m, const std::string& prefix);
  void look_everywhere(const std::string& key);
  void probe(shard_id shard, size_t attempt);

  size_t record(operation x);
  std::string some_key();
  std::string some_group();
  shard_id shard(const std::string& key) const;
  int64_t now() const;

  sim_world& world_;
  cluster_shape shape_;
  workload_options options_;
  sim_random random_;
  std::vector<std::unique_ptr<client>> clients_;
  history history_;
  /// By position: false = no answer came, and it is a read.
  std::vector<bool> kept_;
  /// By position: the id, if its command was over several shards.
  std::map<size_t, std::string> several_;
  std::string problem_;
  std::set<shard_id> unanswered_;
  counters count_;
  uint64_t last_value_ = 0;
  bool stopped_ = false;
};

} // namespace muster::sim
