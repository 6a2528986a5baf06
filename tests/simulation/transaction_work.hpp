// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/checker/transaction_mix.hpp"
#include "tests/simulation/production_machine.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace muster::sim {

/// Clients that send commands over several shards: transfers, audits, and
/// appends to lists that they have read from their machine (I2). Two a
/// machine, one of which only answers another's append with one to the same
/// lists at the same time; what they send and read is judged at the end.
///
/// Not thread-safe; lives as long as the world.
class transaction_work {
public:
  transaction_work(sim_world& world, const cluster_shape& shape,
                   sim_random random);
  ~transaction_work();

  /// A machine has a client from now on.
  void begin_at(const machine_id& id);

  /// Clients begin nothing any more.
  void stop() {
    stopped_ = true;
  }

  /// What was wrong; looks at the records, so all shards must be served and
  /// nothing on its way. Empty: nothing.
  std::string judge() const;

  size_t committed_count() const {
    return committed_;
  }

private:
  struct client;

  /// Gets null if nothing could be sent.
  using answer_function = std::function<void(const command_answer*)>;

  production_machine* usable(const client& c) const;
  void wake_later(client& c);
  void wake(client& c);
  void begin_append(client& c, const std::vector<std::string>& keys);
  void echo(std::vector<std::string> keys);
  void give_up_later(client& c);
  void done(client& c, uint64_t turn);
  void transfer(client& c, production_machine& m);
  void audit(client& c, production_machine& m);
  void read_next(client& c, const std::shared_ptr<transaction>& x,
                 size_t index);
  void append(client& c, production_machine& m, transaction x);
  void send(client& c, production_machine& m, command what,
            const answer_function& then);
  std::string value_of(const std::string& key, std::string& wrong) const;
  shard_id shard(const std::string& key) const;
  int64_t now() const;

  sim_world& world_;
  cluster_shape shape_;
  sim_random random_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<std::unique_ptr<client>> echoes_;
  std::vector<transaction> all_;
  size_t names_ = 0;
  size_t committed_ = 0;
  std::string problem_;
};

} // namespace muster::sim
