// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/transport.hpp"
#include "tests/simulation/fault_options.hpp"
#include "tests/simulation/sim_events.hpp"
#include "tests/simulation/sim_process.hpp"

#include <list>
#include <map>
#include <memory>
#include <set>
#include <vector>

namespace muster::sim {

class sim_network;

/// Sees every packet, for measurements; changes nothing.
class packet_watch {
public:
  virtual ~packet_watch() = default;

  virtual void on_sent(const machine_id& from, const machine_id& to, lane on,
                       const packet& x)
    = 0;
  virtual void on_arrived(const machine_id& from, const machine_id& to, lane on,
                          const packet& x)
    = 0;
};

/// The transport of one process. Everything happens in `sim_network`.
class sim_transport final : public transport {
public:
  sim_transport(sim_network& network, process_ptr process);

  /// Begins to accept and to dial as incarnation `run`. Call once.
  void start(incarnation run, transport_listener& listener);

  send_result send(const machine_id& to, lane on, packet x) override;

  void set_peers(std::vector<peer_address> peers) override;

private:
  friend class sim_network;

  struct connection;
  using connection_ptr = std::shared_ptr<connection>;
  using channel = std::pair<machine_id, lane>;

  /// What this process dials.
  struct outgoing {
    connection_ptr open;
    bool dialling = false;
    unsigned failed_count = 0;
    /// The one before, for what comes again.
    connection_ptr lost;
  };

  sim_network& network_;
  process_ptr process_;
  peer self_;
  transport_listener* listener_ = nullptr;
  std::map<machine_id, incarnation> peers_;
  /// The newest incarnation that was listed or seen; older ones are refused.
  std::map<machine_id, incarnation> newest_;
  std::map<channel, outgoing> dialled_;
  std::map<channel, connection_ptr> accepted_;
  /// Until when its processor has packets to handle.
  world_time busy_until_{};
};

/// The network between all machines.
///
/// A connection carries packets in one direction, in order. Over a cut link
/// nothing arrives, yet nothing is lost either until the sender gives the
/// connection up: a link that heals soon enough only delays. What was under
/// way when the sender lost the connection arrives up to some packet or not
/// at all, also after the sender's death, and until the receiver accepts the
/// next connection from the same machine. Production's transport sends nothing
/// twice; this one may, as one that does not know what arrived would: the cores
/// must bear it of everything but a submission, which only its origin sends
/// again (C3).
class sim_network {
public:
  struct counters {
    uint64_t sent = 0;
    uint64_t delivered = 0;
    uint64_t lost = 0;
    uint64_t repeated = 0;
    uint64_t connections_lost = 0;
  };

  sim_network(sim_scheduler& scheduler, sim_random random,
              const network_options& options, sim_trace& trace);

  /// The transport of a new process of a machine; the network refers to it
  /// until `detach`.
  std::shared_ptr<sim_transport> attach(const process_ptr& process);

  /// The process is dead.
  /// @param silently  its host is dead too: nobody tells the peers
  void detach(const machine_id& id, bool silently);

  /// Nothing arrives from `from` at `to` until `heal`.
  void cut(const machine_id& from, const machine_id& to);
  void heal(const machine_id& from, const machine_id& to);
  void heal_all();

  /// Breaks the connections from `from` to `to`; they are dialled again.
  void reset(const machine_id& from, const machine_id& to);

  bool is_cut(const machine_id& from, const machine_id& to) const {
    return cuts_.contains({from, to});
  }

  /// For packets from now on; what is under way arrives as it would have.
  void set_options(const network_options& options) {
    options_ = options;
  }

  /// Packets are to come again, and none has.
  bool misses_repeats() const {
    return options_.repeat_permille > 0 && count_.repeated == 0;
  }

  /// The first ones that can come again do.
  void insist_on_repeats() {
    insists_on_repeats_ = true;
  }

  const counters& count() const {
    return count_;
  }

  /// @param x  outlives the network; null: nobody watches
  void watch(packet_watch* x) {
    watch_ = x;
  }

private:
  friend class sim_transport;
  using connection = sim_transport::connection;
  using connection_ptr = sim_transport::connection_ptr;
  using channel = sim_transport::channel;
  using link = std::pair<machine_id, machine_id>;

  void dial(sim_transport& from, const channel& to);
  void dial_later(sim_transport& from, const channel& to);
  void finish_dial(sim_transport& from, const channel& to);
  bool accepts(const sim_transport& listener, const peer& caller) const;
  void connect(sim_transport& from, sim_transport& to, lane on);
  send_result send(sim_transport& from, const channel& to, packet x);
  void put_under_way(const connection_ptr& x, packet p);
  void repeat_last(const connection_ptr& before, const connection_ptr& x);
  void arrive(const connection_ptr& x);
  void handle(const connection_ptr& x);
  world_time occupy(sim_transport* x);
  void hand_over(const connection_ptr& x, packet p);
  void lose(sim_transport& from, const channel& to);
  void lose_later(const connection_ptr& x, nanoseconds within);
  void close_accepted(sim_transport& at, const channel& from);
  void reconcile(sim_transport& x);
  void watch_cut(const link& x);
  nanoseconds delay();
  std::shared_ptr<sim_transport> find(const machine_id& id) const;

  sim_scheduler& scheduler_;
  sim_random random_;
  network_options options_;
  sim_trace& trace_;
  bool insists_on_repeats_ = false;
  counters count_;
  std::map<machine_id, std::shared_ptr<sim_transport>> attached_;
  /// With the number of the cut, which tells one from the next.
  std::map<link, uint64_t> cuts_;
  uint64_t cut_count_ = 0;
  packet_watch* watch_ = nullptr;
};

/// One connection; shared by its two ends and by what is under way on it.
struct sim_transport::connection {
  peer from;
  peer to;
  lane on = lane::data;
  bool sender_open = true;
  bool receiver_open = true;
  /// Sent and not yet arrived, in order; an arrival takes the first.
  std::list<packet> under_way;
  size_t under_way_bytes = 0;
  /// The last ones sent, if they may come again on the next connection.
  std::vector<packet> recent;
  world_time last_arrival{};
  /// Arrivals that a cut link holds back.
  size_t stalled_count = 0;
  std::weak_ptr<sim_transport> sender;
  std::weak_ptr<sim_transport> receiver;
  sim_process::stream sender_stream = 0;
  sim_process::stream receiver_stream = 0;
};

} // namespace muster::sim
