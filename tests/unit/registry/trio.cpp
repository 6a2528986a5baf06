// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/registry/trio.hpp"

namespace muster::test {

// -- the disk -----------------------------------------------------------------

void plain_disk::apply(const write& x) {
  for (auto& c : x.changes) {
    auto kept = c.at.value - std::min(c.at.value, checkpoint.value);
    switch (c.what) {
      case log_change::kind::append:
        REQUIRE(c.at.value == checkpoint.value + entries.size() + 1);
        entries.push_back(c.bytes);
        break;
      case log_change::kind::truncate:
        REQUIRE(c.at >= checkpoint);
        entries.resize(std::min<size_t>(entries.size(), kept));
        break;
      case log_change::kind::meta:
        meta = c.bytes;
        break;
      case log_change::kind::reset:
        state.clear();
        entries.clear();
        checkpoint = c.at;
        break;
    }
  }
  if (!x.rows)
    return;
  for (auto& row : x.rows->rows)
    if (row.erased)
      state.erase(row.key);
    else
      state[row.key] = row.value;
  REQUIRE(x.rows->upto >= checkpoint);
  auto covered = x.rows->upto.value - checkpoint.value;
  REQUIRE(covered <= entries.size());
  entries.erase(entries.begin(),
                entries.begin() + static_cast<ptrdiff_t>(covered));
  checkpoint = x.rows->upto;
}

recovered_replica plain_disk::recovered() const {
  recovered_replica out;
  out.meta = meta;
  out.checkpoint = checkpoint;
  out.entries = entries;
  for (auto& [key, value] : state)
    out.rows.push_back({key, value});
  return out;
}

// -- life ---------------------------------------------------------------------

trio::trio(size_t replica_count, size_t machine_count, shard_options options)
  : options_(options) {
  // One, unless a test is about others too.
  if (options.shard_count == shard_options{}.shard_count)
    options_.shard_count = 1;
  assigned_.shard = only_shard;
  for (size_t i = 0; i < machine_count; ++i) {
    auto& m = machines_.emplace_back();
    m.self = peer{machine_id{"m" + std::to_string(i + 1)}, incarnation{1}};
    m.store = store_id{100 + i};
    if (i < replica_count)
      assigned_.in_sync.push_back({m.self.id, m.store});
  }
  assigned_.at = epoch{++revision_};
  members_changed_ = ++revision_;
  for (size_t i = 0; i < machine_count; ++i)
    build(i);
  announce_members();
  for (size_t i = 0; i < machine_count; ++i)
    announce_assignment(i);
  drain();
}

void trio::build(size_t i) {
  auto& m = machines_[i];
  m.keeper = std::make_unique<lease_keeper>(m.self.id, m.self.run,
                                            options_.lease);
  agent_options agent;
  agent.shard_count = options_.shard_count;
  m.agent = std::make_unique<home_agent>(only_shard, m.self, agent);
  m.observer = std::make_unique<policy_observer>(m.self.run);
  m.copies = std::make_unique<local_copies>(m.self, 1, copy_options{});
  m.replica = std::make_unique<shard_replica>(
    shard_replica::identity{only_shard, m.self, m.store,
                            m.self.run.value * 1000 + i, now_},
    options_, codec_);
  m.replica->recover(m.disk.recovered());
}

void trio::kill(size_t i) {
  auto& m = machines_[i];
  m.up = false;
  m.syncs = true;
  m.disk.waiting.clear();
  m.table = plain_table{};
  m.verdicts.clear();
  ++cut_count_;
}

void trio::start(size_t i) {
  auto& m = machines_[i];
  m.up = true;
  m.self.run = m.self.run.next();
  members_changed_ = ++revision_;
  build(i);
  announce_members();
  announce_assignment(i);
}

void trio::replace_disk(size_t i) {
  kill(i);
  auto& m = machines_[i];
  m.disk = plain_disk{};
  m.store = store_id{m.store.value + 1000};
  start(i);
}

void trio::queue(size_t i, event x) {
  events_.push_back([this, i, run = machines_[i].self.run, x = std::move(x)] {
    if (machines_[i].up && machines_[i].self.run == run)
      x();
  });
}

std::optional<size_t> trio::find(const machine_id& id) const {
  for (size_t i = 0; i < machines_.size(); ++i)
    if (machines_[i].self.id == id)
      return i;
  return std::nullopt;
}

bool trio::step() {
  if (events_.empty())
    return false;
  auto next = std::move(events_.front());
  events_.pop_front();
  next();
  check();
  return true;
}

void trio::drain() {
  for (auto left = 1'000'000; step(); --left)
    REQUIRE(left > 0);
}

void trio::tick() {
  now_ += 50ms;
  announce_members();
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (!machines_[i].up)
      continue;
    announce_assignment(i); // polled (M5)
    with_keeper(i, [&](auto& x, auto& out) { x.on_tick(now_, out); });
    with_replica(i, [&](auto& x, auto& out) { x.on_tick(now_, out); });
    with_agent(i, [&](auto& x, auto& out) { x.on_tick(now_, out); });
    with_copies(i, [&](auto& x, auto& out) { x.on_tick(now_, out); });
  }
}

void trio::run(nanoseconds time) {
  for (auto end = now_ + time; now_ < end;) {
    tick();
    drain();
  }
}

bool trio::run_until(const std::function<bool()>& done) {
  drain();
  for (auto end = now_ + 30s; now_ < end && !done();)
    run(50ms);
  return done();
}

// -- the network --------------------------------------------------------------

void trio::cut(size_t a, size_t b) {
  cuts_.insert({a, b});
  cuts_.insert({b, a});
  ++cut_count_;
}

void trio::join(size_t a, size_t b) {
  cuts_.erase({a, b});
  cuts_.erase({b, a});
  for (auto [i, other] : {std::pair{a, b}, std::pair{b, a}})
    queue(i, [this, i = i, who = machines_[other].self] {
      with_replica(i,
                   [&](auto& x, auto& out) { x.on_link_up(who, now_, out); });
      with_agent(i, [&](auto& x, auto& out) { x.on_link_up(who, now_, out); });
      with_copies(i, [&](auto& x, auto& out) { x.on_link_up(who, now_, out); });
    });
}

void trio::isolate(size_t i) {
  for (size_t other = 0; other < machines_.size(); ++other)
    if (other != i)
      cut(i, other);
}

void trio::heal() {
  for (size_t a = 0; a < machines_.size(); ++a)
    for (size_t b = a + 1; b < machines_.size(); ++b)
      if (cuts_.count({a, b}) > 0)
        join(a, b);
}

void trio::send(size_t from, const machine_id& id, wire_message x) {
  if (auto answer = std::get_if<verdict>(&x))
    note_answer(*answer);
  auto to = find(id);
  if (!to || cuts_.count({from, *to}) > 0 || (loses && loses(from, *to, x)))
    return;
  // A cut takes what is under way with it; so does the end of the sender.
  auto sender = machines_[from].self;
  queue(*to,
        [this, from, sender, to = *to, x = std::move(x), cuts = cut_count_] {
          if (cuts == cut_count_
              || (cuts_.count({from, to}) == 0 && machines_[from].self == sender
                  && machines_[from].up))
            deliver(from, sender, to, x);
        });
}

void trio::tell(size_t from, const policy_observer_effects& x) {
  for (auto& effect : x)
    if (auto told = std::get_if<send_effect>(&effect))
      send(from, told->to, told->what);
}

void trio::deliver(size_t, const peer& sender, size_t to,
                   const wire_message& message) {
  auto& m = machines_[to];
  m.replica->on_heard(sender, now_);
  auto replica = [&](auto& x) {
    with_replica(to, [&](auto& r, auto& out) {
      r.on_message(sender, x, now_, out);
    });
  };
  std::visit(
    [&](auto& x) {
      using type = std::decay_t<decltype(x)>;
      if constexpr (std::is_same_v<type, lease_request>) {
        with_keeper(to, [&](auto& k, auto& out) {
          k.on_request(sender, x, now_, out);
        });
      } else if constexpr (std::is_same_v<type, lease_grant>) {
        with_keeper(to, [&](auto& k, auto& out) {
          k.on_grant(sender, x, now_, out);
        });
      } else if constexpr (std::is_same_v<type, muster::submit>) {
        with_agent(to,
                   [&](auto& a, auto& out) { a.on_submit(sender, x, out); });
      } else if constexpr (std::is_same_v<type, verdict>) {
        m.verdicts[x.slot] = x;
      } else if constexpr (std::is_same_v<type, enlist>) {
        auto& all = m.enlisted[x.slot];
        all.insert(all.end(), x.who.begin(), x.who.end());
      } else if constexpr (std::is_same_v<type, copy_request>) {
        with_agent(to, [&](auto& a, auto& out) {
          a.on_copy_request(sender, x, out);
        });
      } else if constexpr (std::is_same_v<type, read_request>) {
        with_agent(to, [&](auto& a, auto& out) { a.on_read(sender, x, out); });
        replica(x);
      } else if constexpr (std::is_same_v<type, invalidate_ack>) {
        with_agent(to, [&](auto& a, auto& out) {
          a.on_invalidate_ack(sender, x, now_, out);
        });
      } else if constexpr (std::is_same_v<type, observed>) {
        with_agent(to, [&](auto& a, auto& out) {
          a.on_observed(sender, x, now_, out);
        });
      } else if constexpr (requires(policy_observer_effects & out) {
                             m.observer->on_message(sender, x, out);
                           }) {
        policy_observer_effects out;
        m.observer->on_message(sender, x, out);
        tell(to, out);
      } else if constexpr (std::is_same_v<type, copy_drop>) {
        with_agent(to, [&](auto& a, auto& out) {
          a.on_copy_drop(sender, x, now_, out);
        });
      } else if constexpr (requires(copy_effects & out) {
                             m.copies->on_message(sender, x, now_, out);
                           }) {
        with_copies(to, [&](auto& c, auto& out) {
          c.on_message(sender, x, now_, out);
        });
      } else if constexpr (std::is_same_v<type, fence>) {
        with_copies(to, [&](auto& c, auto& out) { c.on_fence(x, out); });
        replica(x);
      } else if constexpr (requires(shard_effects & out) {
                             m.replica->on_message(sender, x, now_, out);
                           }) {
        replica(x);
      }
    },
    message);
}

// -- the coordinator ----------------------------------------------------------

void trio::announce_members() {
  std::vector<peer> peers;
  std::vector<member> all;
  for (auto& m : machines_) {
    peers.push_back(m.self);
    member x;
    x.who = m.self;
    x.store = m.store;
    x.host = m.self.id.value;
    all.push_back(x);
  }
  for (size_t i = 0; i < machines_.size(); ++i) {
    if (!machines_[i].up || !machines_[i].coordinated)
      continue;
    machines_[i].keeper->set_peers(peers);
    with_agent(i, [&](auto& x, auto& out) {
      x.on_members(epoch{revision_}, all, out);
    });
  }
}

void trio::announce_assignment(size_t i) {
  if (!machines_[i].coordinated)
    return;
  queue(i, [this, i, x = assigned_] {
    with_replica(i, [&](auto& r, auto& out) { r.on_assignment(x, now_, out); });
    with_copies(i, [&](auto& c, auto& out) { c.on_assignment(x, now_, out); });
  });
}

void trio::assign(assignment x) {
  assigned_ = std::move(x);
  assigned_.at = epoch{++revision_};
  for (size_t i = 0; i < machines_.size(); ++i)
    announce_assignment(i);
}

void trio::swap(size_t i, const swap_effect& x) {
  auto landed = machines_[i].coordinated && assigned_.at == x.expected;
  if (landed) {
    assigned_ = x.proposed;
    assigned_.at = epoch{++revision_};
    if (assigned_.of == term{})
      assigned_.of = term{revision_};
  }
  auto answers = machines_[i].coordinated && unanswered_swaps.count(i) == 0;
  queue(i, [this, i, writer = x.proposed.writer, landed, answers,
            at = assigned_.at] {
    with_replica(i, [&](auto& r, auto& out) {
      r.on_swap_result(writer, answers && landed, answers && !landed, at, now_,
                       out);
    });
  });
  for (size_t other = 0; landed && other < machines_.size(); ++other)
    if (other != i || answers)
      announce_assignment(other);
}

std::optional<size_t> trio::primary() const {
  auto i = find(assigned_.primary);
  if (i && machines_[*i].up && machines_[*i].replica->is_primary()
      && context(*i).highest == assigned_.of)
    return i;
  return std::nullopt;
}

bool trio::serves() const {
  auto i = primary();
  return i && machines_[*i].replica->state_text(now_) == "served";
}

bool trio::run_until_served() {
  return run_until([this] { return serves(); });
}

// -- the disks ----------------------------------------------------------------

void trio::flush(size_t i) {
  auto& m = machines_[i];
  if (m.disk.waiting.empty() || !m.syncs)
    return;
  auto x = std::move(m.disk.waiting.front());
  m.disk.waiting.pop_front();
  m.disk.apply(x);
  with_replica(i, [&](auto& r, auto& out) {
    if (x.rows)
      r.on_checkpoint(x.rows->upto, now_, out);
    else
      r.on_durable(x.token, now_, out);
  });
}

void trio::sync(size_t i) {
  at(i).syncs = true;
  for (auto n = at(i).disk.waiting.size(); n > 0; --n)
    queue(i, [this, i] { flush(i); });
}

void trio::check() const {
  for (auto& m : machines_) {
    if (!m.up)
      continue;
    m.replica->check_invariants();
    for (auto& [key, version] : answered_) {
      auto found = m.table.read(key, now_);
      if (!found || found->absent)
        continue;
      INFO(m.self.id.value << " serves " << key << " of version "
                           << found->version.value << ", answered is "
                           << version.value);
      REQUIRE(found->version >= version);
    }
  }
}

} // namespace muster::test
