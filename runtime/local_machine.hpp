// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/spawn.hpp"
#include "runtime/boot_clock_source.hpp"
#include "runtime/inventory/inventory_text.hpp"
#include "runtime/machine.hpp"
#include "runtime/observe/actor_metrics.hpp"
#include "runtime/observe/log_sink.hpp"
#include "runtime/observe/metrics.hpp"
#include "runtime/read_table/read_table.hpp"
#include "runtime/resource_watch.hpp"
#include "runtime/store/entry_format.hpp"
#include "runtime/store/level_store.hpp"
#include "runtime/ticket_desk.hpp"
#include "runtime/transport/tls_transport.hpp"
#include "runtime/transport/withheld_credit.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include <atomic>
#include <memory>
#include <random>
#include <set>
#include <thread>

namespace muster {

/// Random numbers of a machine's actors.
class system_random : public random_source {
public:
  uint64_t next() override {
    auto x = distribution_(engine_);
    return x == 0 ? 1 : x;
  }

private:
  std::mt19937_64 engine_{std::random_device{}()};
  std::uniform_int_distribution<uint64_t> distribution_;
};

/// The machine behind `machine::start`: owns every part and its order of life.
///
/// Threads: one for sockets and ticks (`io_`), one for all actors (the read
/// table has one writer), one of the store, one or two of the coordinator.
/// Users' threads read the table, leave messages for actors, and wait.
class local_machine final : public machine, private transport_listener {
public:
  static result<std::unique_ptr<machine>> start(settings options);

  ~local_machine() override;

  const machine_id& id() const override;
  bool try_get(std::string_view key, std::string& value,
               sequence& version) override;
  result<read_answer> get(std::string_view key, read_options) override;
  result<std::vector<read_answer>> list_shard(shard_id shard,
                                              read_options options) override;
  result<std::vector<read_answer>> list(std::string_view prefix,
                                        read_options) override;
  void submit(command x, submit_options options,
              std::function<void(command_answer)> then) override;
  command_answer submit(command x, submit_options options) override;
  muster::status check(const command& x) const override;
  muster::status mirror(std::string_view prefix,
                        std::chrono::nanoseconds timeout) override;
  muster::status unmirror(std::string_view prefix) override;
  std::vector<std::string> mirrors() const override;
  result<std::unique_ptr<watch_handle>> watch(std::string_view prefix,
                                              watch_options how,
                                              watch_function then) override;
  result<story> explain(const command_id& id,
                        std::chrono::nanoseconds timeout) override;
  std::vector<story> recent_commands(size_t limit) override;
  muster::status move_shard(shard_id shard, const machine_id& to,
                            std::chrono::nanoseconds timeout) override;
  muster::status drain(const machine_id& id, bool on) override;
  muster::status remove_machine(const machine_id& id, bool force) override;
  cluster_status status() const override;
  bool ready() const override;
  std::string failure() const override;
  std::string metrics_text() const override;
  void count_request(unsigned status, std::chrono::nanoseconds took) override;
  void publish_metrics(const void* owner,
                       const std::vector<metric_reading>& readings) override;
  void withdraw_metrics(const void* owner) override;

private:
  friend class watch_of_machine;

  explicit local_machine(settings options);

  // Starting, in this order (local_machine_start.cpp).
  muster::status open_parts();
  // local_machine_store.cpp
  /// Opens the store; one that is damaged or was given up is set aside and a
  /// new one made, unless it is the only copy.
  muster::status open_store();
  muster::status try_store(const std::string& directory);
  muster::status open_coordinator();
  muster::status check_coordinator();
  muster::status register_self();
  /// Asks the coordinator until it answers, for a bounded time.
  /// @param ask  `ask(function<void(result<T>)>)`
  template <class T, class F>
  result<T> ask_until_answered(F&& ask);
  void spawn_actors(std::vector<recovered_shard> recovered);
  void watch_resources();
  void tick_later();
  void note_revision();
  void withdraw();
  void say_farewell();
  void add_metrics();

  // transport_listener
  void on_packet(const peer& from, lane on, packet x) override;
  void on_connected(const peer& to, lane on) override;
  void on_disconnected(const peer& to, lane on) override;

  read_answer answer_of(std::string_view key, const read_outcome& x) const;
  result<read_answer> ask_home(std::string_view key, boot_time deadline);
  muster::status add_listed(shard_id shard, const std::string& prefix,
                            bool confirmed, boot_time deadline,
                            std::vector<read_answer>& out);
  std::vector<story> in_flight(size_t limit);
  // local_machine_moves.cpp
  result<coordinator_range> read_keys();
  result<cluster_read> read_cluster();
  muster::status change(coordinator_txn x);
  result<move_reply> ask_primary(const move_order& x);

  // local_machine_mirrors.cpp
  std::string mirror_file() const;
  /// Pins what was mirrored when the machine stopped.
  void mirror_again();
  muster::status pin(const std::string& prefix);
  bool mirrored(const std::string& prefix) const;
  void add_copy_metrics();

  const settings options_;
  boot_clock_source clock_;
  system_random random_;
  entry_format codec_;
  inventory_text inventory_text_;
  std::unique_ptr<log_sink> events_;
  metrics metrics_;
  actor_metrics actor_metrics_{metrics_};
  ticket_desk desk_{random_.next()};
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    keep_running_{io_.get_executor()};
  boost::asio::steady_timer timer_{io_};
  std::unique_ptr<coordinator> coordinator_;
  std::unique_ptr<store> store_;
  /// The same; null if this machine stores nothing.
  level_store* durable_ = nullptr;
  /// What it found, until the actors have it.
  std::vector<recovered_shard> recovered_;
  bool disk_full_ = false;
  std::unique_ptr<read_table> table_;
  std::unique_ptr<tls_transport> transport_;
  caf::actor_system_config caf_config_;
  std::unique_ptr<caf::actor_system> actors_;
  std::unique_ptr<machine_environment> env_;
  std::thread io_thread_;
  /// Null: nothing is published.
  std::unique_ptr<resource_watch> resources_;
  member own_;
  uint64_t claim_ = 0;
  std::string coordinator_identity_;
  /// M3: the newest revision that was read, as the store has noted it.
  uint64_t noted_revision_ = 0;
  boot_time next_note_{};
  std::atomic<bool> stopping_{false};
  std::atomic<uint64_t> malformed_{0};
  /// Of the io thread. About a second of work of the actors may wait.
  withheld_credit credit_{131072};
  uint32_t ticks_ = 0;
  mutable std::mutex pins_mutex_;
  /// As in `mirror_file`.
  std::set<std::string> pins_;
};

} // namespace muster
