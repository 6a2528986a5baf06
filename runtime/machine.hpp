// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/command.hpp"
#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "registry/story.hpp"
#include "registry/watch_event.hpp"
#include "registry/watch_position.hpp"
#include "runtime/config/option_table.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace muster {

struct read_options {
  /// True: ask the shard's home even if this machine could answer.
  bool confirmed = false;
  std::chrono::nanoseconds timeout = std::chrono::seconds{2};
};

/// One record, or its absence, and who said so.
struct read_answer {
  std::string key;
  bool found = false;
  std::string value;
  /// 0 = absent.
  sequence version;
  epoch of;
  machine_id served_by;
  served_from from = served_from::primary;
};

struct submit_options {
  /// The answer is `unknown` or `unavailable` when it is over.
  std::chrono::nanoseconds timeout = std::chrono::seconds{5};
  /// Only with the client's own id: what its first attempt was told; 0: none.
  sequence born;
};

/// What a watcher is called with: one event, and the watch's position after it.
/// On a thread of the machine: it must not block.
using watch_function
  = std::function<void(const watch_event&, const watch_position&)>;

struct watch_options {
  /// The text of the position of an earlier watch of this prefix, at any
  /// machine, or `0`: goes on there, see `watch_event`. Empty: from now on,
  /// which is the first position that is told.
  std::string from;
  /// Whether the watcher takes more; asked now and then, on the same thread:
  /// snapshots and what is caught up with wait until it does. Empty: always.
  std::function<bool()> has_room;
};

/// Stops the watch when it is destroyed.
class watch_handle {
public:
  virtual ~watch_handle() = default;
};

struct machine_status {
  machine_id id;
  incarnation run;
  std::string role; // machine, switch
  std::string state; // serving, starting, silent
  std::string address; // host:port of the peer listener
  std::string http; // host:port of the HTTP listener
  int64_t pid = 0;
  /// Its shards are leaving it, and it gets no others.
  bool draining = false;
  /// The switch that it is behind; empty: none.
  machine_id behind = {};
};

struct shard_status {
  shard_id id;
  machine_id primary; // empty = none
  std::vector<machine_id> backups;
  std::vector<machine_id> learners;
  epoch of;
  /// served, or why not: `no primary`, `fence`, `too few backups`.
  std::string state;
};

struct cluster_status {
  std::string cluster;
  machine_id answered_by;
  std::vector<machine_status> machines; // by id
  std::vector<shard_status> shards; // by id
};

/// A number among the metrics of a machine.
struct metric_reading {
  /// `muster_<noun>_<unit>`, of a counter with `_total`.
  std::string name;
  std::string help;
  std::vector<std::pair<std::string, std::string>> labels;
  /// True: it only grows.
  bool is_counter = false;
  /// From any thread; must not block.
  std::function<double()> read;
};

/// A machine of a Muster cluster inside this process: what `musterd` runs and
/// what a program embeds. It owns its actors, threads, sockets and store.
///
/// Thread-safe: every function may be called from any thread, but not from a
/// callback that this class calls (those come from its own threads and must
/// not block).
class machine {
public:
  /// Takes the lock on the data directory, opens the store, registers with
  /// the coordinator and starts serving. Blocks until the listener is open
  /// and the machine is registered, at most `options.start_timeout`.
  /// Errors: `in_use` (directory, id or port), `corrupt` (store), `denied`
  /// (coordinator or certificate), `unavailable` (coordinator not reached).
  static result<std::unique_ptr<machine>> start(settings options);

  /// Stops in order: no new requests, waiting ones answered, store drained.
  virtual ~machine() = default;

  virtual const machine_id& id() const = 0;

  /// The fast path: a linearizable read from this machine's own memory into
  /// the caller's buffer. No message, no allocation if `value` has the room.
  /// @returns false if this machine cannot answer now: use `get`
  virtual bool try_get(std::string_view key, std::string& value,
                       sequence& version)
    = 0;

  /// Reads from own memory, or else asks the home until the deadline.
  /// An absent record is an answer (`found` false), not an error.
  /// Errors: `invalid_argument`, `unavailable`, `timed_out`.
  virtual result<read_answer> get(std::string_view key, read_options = {}) = 0;

  /// All records under `prefix` (normalized or with `/` at its end), sorted by
  /// key. One cut within a shard; each key linearizable over several.
  virtual result<std::vector<read_answer>>
  list(std::string_view prefix, read_options = {}) = 0;

  /// All records of one shard, sorted by key: one cut of it.
  /// Errors: as `get`; `invalid_argument` also for a shard that is not.
  virtual result<std::vector<read_answer>>
  list_shard(shard_id shard, read_options = {}) = 0;

  /// Checks what does not depend on the registry's state: keys, sizes, one
  /// shard. A command that fails this is answered `unavailable` with a detail
  /// that begins with "invalid: ", wherever it is sent.
  virtual muster::status check(const command& x) const {
    auto shard = check_command(x, 1);
    return shard ? ok() : muster::status{shard.failure()};
  }

  /// Runs a command; an empty id is filled in. `then` is called exactly once.
  virtual void submit(command x, submit_options options,
                      std::function<void(command_answer)> then)
    = 0;

  /// The same, and waits for the answer.
  virtual command_answer submit(command x, submit_options options = {}) = 0;

  command_answer put(std::string key, std::string value);

  /// Pins a local copy of `prefix`; returns when every shard under it serves
  /// reads from this machine's memory. It is kept until `unmirror`, also over
  /// restarts. Errors: `timed_out`: it is pinned all the same; `overloaded`: as
  /// many are pinned as can be; `io`: its directory cannot be written.
  virtual muster::status mirror(std::string_view prefix,
                                std::chrono::nanoseconds timeout)
    = 0;

  /// Errors: `not_found`; `io`: it is pinned again after the next start.
  virtual muster::status unmirror(std::string_view prefix) = 0;

  /// The pinned prefixes.
  virtual std::vector<std::string> mirrors() const = 0;

  /// Calls `then` for each committed change under `prefix`, in version order
  /// for each shard. Changes of one command are told one by one: who goes on
  /// from a position inside is told all of them again.
  /// Errors: `invalid_argument`; `overloaded`: too many watches here.
  virtual result<std::unique_ptr<watch_handle>>
  watch(std::string_view prefix, watch_options how, watch_function then) = 0;

  /// Errors: `not_found` (never known or forgotten), `unavailable`.
  virtual result<story>
  explain(const command_id& id, std::chrono::nanoseconds timeout) = 0;

  /// Commands that entered here: those in flight, then those that are done,
  /// both newest first, together at most `limit`.
  virtual std::vector<story> recent_commands(size_t limit) = 0;

  /// Makes a machine the primary of a shard; returns once the shard's primary
  /// has taken the order. It joins first if it is no replica, and then the
  /// former primary leaves if there would be more than `replication`. Errors:
  /// `not_found`, `invalid_argument`, `unavailable`.
  virtual muster::status move_shard(shard_id, const machine_id&,
                                    std::chrono::nanoseconds) {
    return error{errc::unavailable, "this machine moves no shards"};
  }

  /// From now on the shards of a machine leave it and it gets no others, until
  /// this is called with false.
  /// Errors: `not_found`; `unavailable`: too few machines would be left.
  virtual muster::status drain(const machine_id&, bool) {
    return error{errc::unavailable, "this machine drains no machines"};
  }

  /// Deletes a machine from the members.
  /// Errors: `not_found`; `in_use`: it holds shards or is alive, and it is not
  /// done by force.
  virtual muster::status remove_machine(const machine_id&, bool) {
    return error{errc::unavailable, "this machine removes no machines"};
  }

  virtual cluster_status status() const = 0;

  /// True when this machine serves every shard that it should.
  virtual bool ready() const = 0;

  /// Why this machine cannot go on, and what helps; empty while it can. Its
  /// store has failed, or it is no member of the cluster any more. Destroy it
  /// soon then, so that others take its shards over.
  virtual std::string failure() const {
    return {};
  }

  /// Prometheus text format.
  virtual std::string metrics_text() const = 0;

  /// Adds numbers of a part that works on this machine to its metrics.
  /// @param owner  names the part for `withdraw_metrics`; not null
  virtual void publish_metrics(const void*,
                               const std::vector<metric_reading>&) {
    // nop
  }

  /// When it returns, none of the part's numbers is read any more.
  virtual void withdraw_metrics(const void*) {
    // nop
  }

  /// Counts an answer of the HTTP interface among the metrics.
  virtual void count_request(unsigned, std::chrono::nanoseconds) {
    // nop
  }
};

} // namespace muster
