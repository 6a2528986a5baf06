// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/workload.hpp"

#include "registry/key.hpp"
#include "tests/simulation/workload_client.hpp"

#include <cassert>
#include <utility>

namespace muster::sim {

namespace {

/// How long a client waits for a process that died without an answer.
constexpr nanoseconds dead_process_wait = 200ms;
constexpr nanoseconds probe_timeout = 3s;

} // namespace

struct workload::open_write {
  command what;
  std::vector<size_t> positions;
  size_t attempts_left = 0;
  bool undecided = false;
  sequence born;
  nanoseconds timeout{};
};

workload::~workload() = default;

workload::workload(sim_world& world, const cluster_shape& shape,
                   workload_options options, sim_random random)
  : world_(world), shape_(shape), options_(options),
    random_(std::move(random)) {
  // nop
}

void workload::begin_at(const machine_id& id) {
  for (size_t i = 0; i < options_.clients_per_machine; ++i) {
    clients_.push_back(std::make_unique<client>());
    clients_.back()->at = id;
    clients_.back()->number = i;
    wake_later(*clients_.back());
  }
}

std::map<shard_id, std::vector<std::string>> workload::all_keys() const {
  std::map<shard_id, std::vector<std::string>> out;
  for (size_t i = 0; i < options_.group_count; ++i) {
    auto group = "/g/" + std::to_string(i);
    auto& keys = out[shard(group + "/n")];
    keys.push_back(group + "/n");
    for (size_t k = 0; k < options_.keys_per_group; ++k)
      keys.push_back(group + "/k" + std::to_string(k));
  }
  return out;
}

int64_t workload::now() const {
  return world_.scheduler().now().count();
}

size_t workload::record(operation x) {
  // Parts of commands over several shards are decided one after the other:
  // each key is silent until then, but versions do not order writes of other
  // keys of the shard.
  auto ordered = options_.several_permille == 0
                 && (x.kind != operation_kind::list || x.key != "/");
  if (ordered)
    x.shard = shard(x.key).value;
  history_.push_back(std::move(x));
  kept_.push_back(true);
  return history_.size() - 1;
}

shard_id workload::shard(const std::string& key) const {
  return shard_of(key, shape_.shard_count);
}

std::string workload::some_group() {
  return "/g/" + std::to_string(random_.below(options_.group_count));
}

std::string workload::some_key() {
  return some_group() + "/k"
         + std::to_string(random_.below(options_.keys_per_group));
}

// -- clients ------------------------------------------------------------------

void workload::wake_later(client& c) {
  auto pause = random_.between(nanoseconds{0}, 2 * options_.pause);
  world_.scheduler().after(pause, [this, &c] { wake(c); });
}

production_machine* workload::usable(const machine_id& id) const {
  if (!world_.is_up(id) || world_.is_paused(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

void workload::wake(client& c) {
  if (stopped_)
    return;
  if (auto m = usable(c.at))
    act(c, *m);
  else
    wake_later(c);
}

/// An operation is open; a process that dies leaves it so for ever.
void workload::wait(client& c) {
  if (c.busy_with != 0)
    return;
  c.busy_with = world_.start_count(c.at);
  watch_process(c, c.turn);
}

void workload::watch_process(client& c, uint64_t turn) {
  world_.scheduler().after(dead_process_wait, [this, &c, turn] {
    if (turn != c.turn)
      return;
    if (world_.is_up(c.at) && world_.start_count(c.at) == c.busy_with)
      watch_process(c, turn);
    else
      done(c, true);
  });
}

void workload::done(client& c, bool rename) {
  c.busy_with = 0;
  ++c.turn;
  if (rename)
    ++c.names;
  wake_later(c);
}

void workload::act(client& c, production_machine& m) {
  auto dice = random_.below(100);
  if (random_.chance(options_.mirror_permille))
    mirror(m);
  if (dice < 55)
    write(c, m);
  else if (dice < 95)
    read(c, m);
  else
    list(c, m);
}

// -- writes -------------------------------------------------------------------

operation workload::draft(client& c, const std::string& key) {
  operation x;
  x.client = c.name();
  x.key = key;
  x.outcome = answer::unknown;
  x.call_ns = now();
  return x;
}

/// A write of one key: what it does and what it demands.
void workload::choose(operation& x) {
  auto dice = random_.below(100);
  if (dice < 20) {
    x.kind = operation_kind::erase;
    return;
  }
  x.kind = operation_kind::write;
  x.written = "v" + std::to_string(++last_value_);
}

operation workload::draft_add(client& c, const std::string& key,
                              open_write& w) {
  auto x = draft(c, key);
  x.kind = operation_kind::add;
  x.delta = static_cast<int64_t>(random_.below(7)) - 3;
  x.floor = -20;
  x.ceiling = 20;
  w.what.operations.push_back(
    {muster::operation_kind::add, x.key, {}, x.delta, x.floor, x.ceiling});
  return x;
}

/// Two or three groups, hence shards in most cases.
void workload::draft_several(client& c, open_write& w,
                             std::vector<operation>& parts) {
  std::set<std::string> groups;
  for (auto count = 2 + random_.below(2); groups.size() < count;)
    groups.insert(some_group());
  for (auto& group : groups) {
    if (random_.chance(300))
      parts.push_back(draft_add(c, group + "/n", w));
    else
      parts.push_back(
        draft(c, group + "/k"
                   + std::to_string(random_.below(options_.keys_per_group))));
  }
}

void workload::write(client& c, production_machine& m) {
  auto w = std::make_shared<open_write>();
  w->timeout = random_.between(options_.timeout_min, options_.timeout_max);
  auto key = some_key();
  std::vector<operation> parts;
  auto dice = random_.below(100);
  if (random_.chance(options_.several_permille)) {
    draft_several(c, *w, parts);
    key = parts[0].key;
    auto guarded = parts[0].kind != operation_kind::add;
    dice = guarded ? 40 + random_.below(60) : 40;
  } else if (dice < 15) {
    parts.push_back(draft_add(c, some_group() + "/n", *w));
  } else if (dice < 30) {
    auto group = some_group();
    for (auto name : {"/k0", "/k1"})
      parts.push_back(draft(c, group + name));
  } else {
    parts.push_back(draft(c, key));
  }
  for (auto& x : parts) {
    if (x.kind == operation_kind::add)
      continue;
    choose(x);
    auto kind = x.written ? muster::operation_kind::put
                          : muster::operation_kind::erase;
    w->what.operations.push_back({kind, x.key, x.written.value_or("")});
  }
  auto seen = c.seen.find(key);
  if (dice >= 60 && dice < 70) {
    auto& x = parts[0];
    x.demanded.on = guard::kind::absent;
    w->what.guards.push_back({guard_kind::absent, x.key, {}, {}});
  } else if (dice >= 70 && seen != c.seen.end()) {
    auto& x = parts[0];
    auto by_value = random_.chance(300) && seen->second.second > 0;
    x.demanded.on = by_value ? guard::kind::value : guard::kind::version;
    x.demanded.value = by_value ? seen->second.first : "";
    x.demanded.version = by_value ? 0 : seen->second.second;
    w->what.guards.push_back(
      {by_value ? guard_kind::value : guard_kind::version, x.key,
       sequence{x.demanded.version}, x.demanded.value});
    if (x.kind == operation_kind::write)
      x.kind = operation_kind::cas;
  }
  // Some clients choose the id, so they can ask again from elsewhere.
  if (random_.chance(150)) {
    w->what.id = command_id{"=" + c.name() + "." + std::to_string(now())};
    w->attempts_left = 2;
  }
  for (auto& x : parts)
    w->positions.push_back(record(std::move(x)));
  send_write(w, c, m);
}

void workload::send_write(const write_ptr& w, client& c,
                          production_machine& m) {
  wait(c);
  auto turn = c.turn;
  auto sent = m.submit(w->what, w->born, w->timeout,
                       [this, w, &c, turn](command_answer x) {
                         if (turn == c.turn)
                           on_answer(w, c, std::move(x));
                       });
  if (!sent) {
    command_answer x;
    x.what = outcome::unavailable;
    on_answer(w, c, std::move(x));
  }
}

void workload::on_answer(const write_ptr& w, client& c, command_answer x) {
  if (x.what == outcome::unknown && w->attempts_left > 0) {
    --w->attempts_left;
    w->undecided = true;
    w->born = x.born;
    retry(w, c);
    return;
  }
  // What an earlier attempt left undecided, a later denial does not decide.
  if (x.what == outcome::unavailable && w->undecided)
    x.what = outcome::unknown;
  settle(*w, x);
  auto key = history_[w->positions[0]].key;
  if (x.what == outcome::committed && random_.chance(300))
    world_.scheduler().after(1ns, [this, key] { look_everywhere(key); });
  done(c, x.what == outcome::unknown);
}

/// The same id again, perhaps from another machine.
void workload::retry(const write_ptr& w, client& c) {
  auto all = world_.machines();
  auto to = all[random_.below(all.size())];
  world_.scheduler().after(100ms, [this, w, &c, to, turn = c.turn] {
    if (turn != c.turn)
      return;
    auto other = usable(to);
    auto own = usable(c.at);
    if (other && own)
      send_write(w, c, *other);
    else
      done(c, true);
  });
  // The other machine may die with the answer: give it up some day.
  world_.scheduler().after(w->timeout * 2 + 1s, [this, w, &c, turn = c.turn] {
    if (turn == c.turn)
      done(c, true);
  });
}

void workload::settle(open_write& w, const command_answer& x) {
  switch (x.what) {
    case outcome::committed:
      ++count_.committed;
      break;
    case outcome::refused:
      ++count_.refused;
      break;
    case outcome::unavailable:
      ++count_.unavailable;
      break;
    default:
      ++count_.unknown;
      return;
  }
  auto several = shards_of(w.what, shape_.shard_count).size() > 1;
  count_.several += several;
  size_t next_counter = 0;
  for (auto i : w.positions) {
    auto& op = history_[i];
    op.return_ns = now();
    if (x.what == outcome::committed) {
      op.outcome = answer::ok;
      op.version = x.version.value;
      if (several)
        several_[i] = x.id.value;
      if (op.kind == operation_kind::add && next_counter < x.counters.size())
        op.seen = std::to_string(x.counters[next_counter++]);
    } else {
      // A refusal says which part failed only in words.
      auto alone = w.positions.size() == 1;
      op.outcome = x.what == outcome::refused && alone ? answer::refused
                                                       : answer::failed;
    }
  }
}

// -- the end ------------------------------------------------------------------

void workload::probe_shards() {
  for (uint32_t i = 0; i < shape_.shard_count; ++i) {
    unanswered_.insert(shard_id{i});
    probe(shard_id{i}, 0);
  }
}

void workload::probe(shard_id to, size_t attempt) {
  auto all = world_.machines();
  auto m = usable(all[attempt % all.size()]);
  auto again = [this, to, attempt] {
    world_.scheduler().after(100ms, [this, to, attempt] {
      if (unanswered_.contains(to))
        probe(to, attempt + 1);
    });
  };
  if (!m)
    return again();
  command x;
  for (uint64_t i = 0; x.operations.empty(); ++i) {
    auto key = "/probe/" + std::to_string(i) + "/x";
    if (shard(key) == to)
      x.operations.push_back({muster::operation_kind::put, key, "alive"});
  }
  auto sent = m->submit(x, {}, probe_timeout, [this, to, again](auto got) {
    if (got.what == outcome::committed)
      unanswered_.erase(to);
    else
      again();
  });
  if (!sent)
    again();
}

history workload::take_history(const part_watch& parts) {
  for (auto& [i, id] : several_) {
    auto found = parts.version(id, shard(history_[i].key));
    if (found)
      history_[i].version = found->value;
    else if (problem_.empty())
      problem_ = "I2: " + id + " was told to be committed, " + history_[i].key
                 + " was not written";
  }
  history out;
  out.reserve(history_.size());
  for (size_t i = 0; i < history_.size(); ++i)
    if (kept_[i])
      out.push_back(std::move(history_[i]));
  history_.clear();
  kept_.clear();
  return out;
}

} // namespace muster::sim
