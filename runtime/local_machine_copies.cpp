// SPDX-License-Identifier: Apache-2.0

// Watches and status of a `local_machine`.

#include "registry/key.hpp"
#include "registry/remote_watches.hpp"
#include "runtime/local_machine.hpp"

#include <caf/send.hpp>

#include <algorithm>

namespace muster {

/// Ends the watch of one ticket.
class watch_of_machine : public watch_handle {
public:
  watch_of_machine(local_machine& owner, uint64_t ticket)
    : owner_(owner), ticket_(ticket) {
    // nop
  }

  ~watch_of_machine() override {
    caf::anon_send(owner_.env_->actors.reader, end_watch{ticket_});
    owner_.desk_.close(ticket_);
  }

private:
  local_machine& owner_;
  uint64_t ticket_;
};

result<std::unique_ptr<watch_handle>>
local_machine::watch(std::string_view prefix, watch_options how,
                     watch_function then) {
  auto checked = normalize_prefix(prefix);
  if (!checked)
    return checked.failure();
  auto shard_count = options_.cluster.shard_count;
  auto generation = options_.cluster.generation;
  watch_position at{generation, shards_under(*checked, shard_count).size()};
  if (!how.from.empty()) {
    auto given = watch_position::parse(how.from, *checked, shard_count,
                                       generation);
    if (!given)
      return given.failure();
    at = std::move(*given);
  }
  auto tell = [then = std::move(then), at](const auto& events) mutable {
    for (auto& x : events) {
      at.take(x);
      then(x, at);
    }
  };
  auto ticket = desk_.open_watch({std::move(tell), std::move(how.has_room)},
                                 remote_watches::watches_max);
  if (ticket == 0)
    return error{errc::overloaded,
                 "this machine has as many watches as it allows"};
  caf::anon_send(env_->actors.reader,
                 begin_watch{ticket, *checked, std::move(at)});
  return std::unique_ptr<watch_handle>{
    std::make_unique<watch_of_machine>(*this, ticket)};
}

// -- status -------------------------------------------------------------------

cluster_status local_machine::status() const {
  cluster_status out;
  out.cluster = options_.process.cluster_name;
  out.answered_by = own_.who.id;
  auto view = env_->routing.view();
  auto board = env_->board.all();
  for (auto& [id, m] : view->members) {
    auto alive = std::find(view->alive.begin(), view->alive.end(), id)
                 != view->alive.end();
    out.machines.push_back(
      {id, m.who.run, m.role, alive ? "serving" : "silent",
       m.host + ":" + std::to_string(m.port), m.http, m.pid,
       std::find(view->draining.begin(), view->draining.end(), id)
         != view->draining.end(),
       m.behind});
  }
  for (auto& a : view->shards) {
    shard_status s;
    s.id = a.shard;
    s.primary = a.primary;
    s.of = a.at;
    for (auto& ref : a.in_sync)
      if (ref.id != a.primary)
        s.backups.push_back(ref.id);
    for (auto& ref : a.learners)
      s.learners.push_back(ref.id);
    auto mine = board.find(a.shard);
    if (a.primary == machine_id{})
      s.state = "no primary";
    else if (a.primary == own_.who.id)
      s.state = mine != board.end() && mine->second.primary ? mine->second.text
                                                            : "starting";
    else
      s.state = "assigned"; // its primary knows more
    out.shards.push_back(std::move(s));
  }
  return out;
}

bool local_machine::ready() const {
  auto view = env_->routing.view();
  if (view->shards.empty())
    return false;
  auto board = env_->board.all();
  for (auto& a : view->shards) {
    if (a.primary == machine_id{})
      return false;
    auto is_self = [&](auto& ref) { return ref.id == own_.who.id; };
    if (std::none_of(a.in_sync.begin(), a.in_sync.end(), is_self))
      continue;
    auto mine = board.find(a.shard);
    auto wanted = a.primary == own_.who.id ? "served" : "backup";
    if (mine == board.end() || mine->second.text != wanted)
      return false;
  }
  return true;
}

void local_machine::add_metrics() {
  auto gauge = [&](const char* name, const char* help, auto read) {
    metrics_.add_gauge(name, help, {}, this,
                       [read] { return static_cast<double>(read()); });
  };
  gauge("muster_table_records", "Records in the read table",
        [this] { return table_->probe().records; });
  gauge("muster_table_bytes", "Memory of the read table",
        [this] { return table_->memory_bytes(); });
  gauge("muster_commands_in_flight", "Commands of this origin, undecided",
        [this] { return env_->commands.in_flight(); });
  gauge("muster_store_backlog_bytes", "Bytes that wait for the disk",
        [this] { return store_->backlog_bytes(); });
  gauge("muster_members", "Registered machines",
        [this] { return env_->routing.view()->members.size(); });
  gauge("muster_primary_shards", "Shards whose home is this machine", [this] {
    size_t out = 0;
    for (auto& [shard, line] : env_->board.all())
      out += line.primary ? 1 : 0;
    return out;
  });
  auto counts = [&](const char* kind, auto field) {
    metrics_.add_counter(
      "muster_local_reads_total", "Reads of this process's memory",
      {{"outcome", kind}}, this,
      [field] { return static_cast<double>(read_table::counts().*field); });
  };
  counts("served", &read_counts::served);
  counts("served_absent", &read_counts::served_absent);
  counts("invalid", &read_counts::invalid);
  counts("not_held", &read_counts::not_held);
  counts("lease_over", &read_counts::lease_over);
  gauge("muster_actor_backlog_messages",
        "Messages that wait in actors' mailboxes",
        [this] { return env_->backlog(); });
  gauge("muster_policies_stale",
        "1: the policies that this machine goes by may be old",
        [this] { return env_->policies.stale() ? 1 : 0; });
  metrics_.add_counter(
    "muster_policy_observed_total",
    "Committed commands that this machine took note of for policies", {}, this,
    [this] { return static_cast<double>(env_->policies.observed_count()); });
  metrics_.add_counter(
    "muster_policy_silent_total",
    "Times that commands went on without a machine that a policy names", {},
    this,
    [this] { return static_cast<double>(env_->policies.silent_count()); });
  metrics_.add_counter("muster_malformed_messages_total",
                       "Undecodable messages of peers", {}, this, [this] {
                         return static_cast<double>(malformed_.load());
                       });
  add_copy_metrics();
}

void local_machine::count_request(unsigned status,
                                  std::chrono::nanoseconds took) {
  auto family = std::to_string(status / 100) + "xx";
  metrics_
    .add_histogram("muster_http_request_seconds",
                   "From an HTTP request's end to its answer, by status", {},
                   {{"status", family}})
    .record(static_cast<uint64_t>(took.count()));
}

void local_machine::publish_metrics(const void* owner,
                                    const std::vector<metric_reading>& xs) {
  for (auto& x : xs)
    if (x.is_counter)
      metrics_.add_counter(x.name, x.help, x.labels, owner, x.read);
    else
      metrics_.add_gauge(x.name, x.help, x.labels, owner, x.read);
}

void local_machine::withdraw_metrics(const void* owner) {
  metrics_.remove_callbacks(owner);
}

std::string local_machine::metrics_text() const {
  return metrics_.render();
}

} // namespace muster
