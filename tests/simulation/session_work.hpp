// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/user_session.hpp"
#include "tests/simulation/production_machine.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace muster::sim {

/// Users who open sessions, bind records to them, renew them for a while and
/// then forget them or end them; sometimes another user writes a bound record.
///
/// Judged: a session that was renewed in time is never refused anything (U1);
/// each machine's own session tells that it is there; at the end, when they
/// have said farewell, nothing is left of any session, no bound record is
/// there, and those that others have written are (U2).
///
/// Not thread-safe; lives as long as the world.
class session_work {
public:
  session_work(sim_world& world, const cluster_shape& shape, sim_random random);
  ~session_work();

  /// A machine has a user from now on.
  void begin_at(const machine_id& id);

  /// Nobody begins or renews anything any more.
  void stop() {
    stopped_ = true;
  }

  /// Whether every machine's record tells that it is there; empty: yes.
  std::string judge_presence() const;

  /// @pre `stop` was called longer ago than any time to live, and machines have
  ///      ended their own sessions
  std::string judge() const;

  /// Sessions that were opened and found to have ended.
  size_t ended_count() const {
    return ended_;
  }

private:
  struct user;
  using done_function = std::function<void(outcome)>;

  production_machine* usable(const machine_id& id) const;
  void wake_later(user& u);
  void wake(user& u);
  void open(user& u, production_machine& m);
  void act(user& u, production_machine& m);
  void renew(user& u, production_machine& m);
  void put_bound(user& u, production_machine& m);
  void steal(user& u, production_machine& m);
  void end(user& u, production_machine& m);
  /// What was refused ends a session, and must not come too early.
  void on_done(user& u, world_time called, outcome what);
  void send(user& u, production_machine& m, command x,
            const done_function& then);
  std::optional<std::string> value_of(const std::string& key,
                                      std::string& wrong) const;
  std::string judge_left() const;

  sim_world& world_;
  cluster_shape shape_;
  sim_random random_;
  bool stopped_ = false;
  std::vector<std::unique_ptr<user>> users_;
  /// Every key that was bound, and what another user wrote there: committed,
  /// or perhaps.
  struct fate {
    std::string stolen;
    bool certain = false;
    /// Bindings without a definite outcome: one may come after the theft.
    size_t unsure_count = 0;
  };
  std::map<std::string, fate> keys_;
  size_t names_ = 0;
  size_t ended_ = 0;
  std::string problem_;
};

} // namespace muster::sim
