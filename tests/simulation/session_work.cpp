// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/session_work.hpp"

#include "registry/key.hpp"

namespace muster::sim {

namespace {

constexpr nanoseconds pause_max = 1200ms;
constexpr nanoseconds send_timeout = 3s;
/// A user whose machine has died waits that long for an answer.
constexpr nanoseconds patience = 5s;
/// Clocks run up to a tenth apart, within what the faults do.
constexpr int64_t sure_permille = 850;

} // namespace

struct session_work::user {
  machine_id at;
  std::optional<user_session> mine;
  /// Until then nothing of the session may be refused.
  world_time sure_until{};
  /// Its ends that may be carried out still: nothing is sure.
  unsigned ends_unsure = 0;
  std::vector<std::string> bound;
  /// Tells the answers of what was given up from the present one's.
  uint64_t turn = 0;
};

session_work::session_work(sim_world& world, const cluster_shape& shape,
                           sim_random random)
  : world_(world), shape_(shape), random_(std::move(random)) {
  // nop
}

session_work::~session_work() = default;

void session_work::begin_at(const machine_id& id) {
  users_.push_back(std::make_unique<user>());
  users_.back()->at = id;
  wake_later(*users_.back());
}

production_machine* session_work::usable(const machine_id& id) const {
  if (!world_.is_up(id) || world_.is_paused(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

void session_work::wake_later(user& u) {
  auto pause = random_.between(nanoseconds{0}, pause_max);
  world_.scheduler().after(pause, [this, &u] { wake(u); });
}

void session_work::wake(user& u) {
  if (stopped_)
    return;
  auto m = usable(u.at);
  if (!m)
    return wake_later(u);
  world_.scheduler().after(patience, [this, &u, turn = u.turn] {
    if (turn != u.turn)
      return;
    ++u.turn;
    wake_later(u);
  });
  if (u.mine)
    act(u, *m);
  else
    open(u, *m);
}

void session_work::send(user& u, production_machine& m, command x,
                        const done_function& then) {
  auto take = [this, &u, then, turn = u.turn](outcome what) {
    then(what);
    if (turn != u.turn)
      return;
    ++u.turn;
    wake_later(u);
  };
  auto sent = m.submit(std::move(x), {}, send_timeout,
                       [take](const command_answer& got) { take(got.what); });
  if (!sent)
    take(outcome::unavailable);
}

void session_work::open(user& u, production_machine& m) {
  user_session x;
  x.id = "user-" + std::to_string(++names_);
  x.ttl = std::chrono::milliseconds{1000 + random_.below(3000)};
  x.opened_at = u.at;
  auto called = world_.scheduler().now();
  send(u, m, open_command(x), [this, &u, x, called](outcome what) {
    if (what != outcome::committed || u.mine)
      return;
    u.mine = x;
    u.ends_unsure = 0;
    u.bound.clear();
    on_done(u, called, what);
  });
}

void session_work::on_done(user& u, world_time called, outcome what) {
  auto now = world_.scheduler().now();
  if (what == outcome::refused && now < u.sure_until && problem_.empty())
    problem_ = "U1: " + u.mine->id + " was refused "
               + std::to_string((u.sure_until - now).count() / 1'000'000)
               + " ms before it could end";
  if (what == outcome::committed && u.ends_unsure == 0)
    u.sure_until = called + u.mine->ttl * sure_permille / 1000;
  if (what != outcome::refused)
    return;
  ++ended_;
  u.mine.reset();
  u.sure_until = {};
}

void session_work::act(user& u, production_machine& m) {
  auto dice = random_.below(100);
  if (dice < 50)
    renew(u, m);
  else if (dice < 75)
    put_bound(u, m);
  else if (dice < 85 && !u.bound.empty())
    steal(u, m);
  else if (dice < 92)
    end(u, m);
  else {
    // It is forgotten.
    u.mine.reset();
    u.sure_until = {};
    ++u.turn;
    wake_later(u);
  }
}

void session_work::renew(user& u, production_machine& m) {
  auto called = world_.scheduler().now();
  send(u, m, renew_command(*u.mine),
       [this, &u, called, id = u.mine->id](outcome what) {
         if (u.mine && u.mine->id == id)
           on_done(u, called, what);
       });
}

void session_work::put_bound(user& u, production_machine& m) {
  command x;
  auto again = !u.bound.empty() && random_.chance(300);
  auto key = again ? u.bound[random_.below(u.bound.size())]
                   : "/bound/" + std::to_string(++names_);
  // Who binds again what another has written takes it back.
  if (keys_.contains(key) && !keys_[key].stolen.empty())
    key = "/bound/" + std::to_string(++names_);
  x.operations
    = {{muster::operation_kind::put, key, "mine" + std::to_string(++names_)}};
  if (!bind(x, *u.mine))
    problem_ = "a record could not be bound";
  auto& known = keys_[key];
  ++known.unsure_count;
  u.bound.push_back(key);
  send(u, m, std::move(x), [this, &u, &known, id = u.mine->id](outcome what) {
    if (what != outcome::unknown)
      --known.unsure_count;
    // A binding is no renewal: what was sure before is what counts.
    auto before = u.sure_until;
    if (!u.mine || u.mine->id != id)
      return;
    on_done(u, world_.scheduler().now(), what);
    if (u.mine)
      u.sure_until = before;
  });
}

void session_work::steal(user& u, production_machine& m) {
  auto key = u.bound[random_.below(u.bound.size())];
  auto& known = keys_[key];
  if (!known.stolen.empty())
    return renew(u, m);
  known.stolen = "theirs" + std::to_string(++names_);
  command x;
  x.operations = {{muster::operation_kind::put, key, known.stolen}};
  send(u, m, std::move(x), [&known](outcome what) {
    known.certain = what == outcome::committed;
    if (what == outcome::unavailable || what == outcome::refused)
      known.stolen.clear();
  });
}

void session_work::end(user& u, production_machine& m) {
  auto x = random_.chance(500) ? end_head_command(*u.mine)
                               : end_command(*u.mine, {});
  // It may be carried out later than it is answered, and after renewals.
  u.sure_until = {};
  ++u.ends_unsure;
  send(u, m, std::move(x), [this, &u, id = u.mine->id](outcome what) {
    if (!u.mine || u.mine->id != id)
      return;
    if (what == outcome::unavailable)
      --u.ends_unsure;
    if (what != outcome::committed)
      return;
    ++ended_;
    u.mine.reset();
  });
}

std::optional<std::string> session_work::value_of(const std::string& key,
                                                  std::string& wrong) const {
  std::string out;
  sequence version;
  for (auto& id : world_.machines()) {
    auto m = dynamic_cast<production_machine*>(world_.machine(id));
    if (!m || !m->ready())
      continue;
    auto got = m->table().copy_to(shard_of(key, shape_.shard_count), key, out,
                                  version);
    if (got.kind == read_kind::served)
      return out;
    if (got.kind == read_kind::served_absent)
      return std::nullopt;
  }
  wrong = "no machine serves " + key;
  return std::nullopt;
}

/// Not even the machines' own sessions, which have said farewell.
std::string session_work::judge_left() const {
  std::string wrong;
  for (auto& id : world_.machines()) {
    auto m = dynamic_cast<production_machine*>(world_.machine(id));
    for (uint32_t i = 0; m && i < shape_.shard_count; ++i)
      m->table().list(
        shard_id{i}, sessions_prefix, [&](auto key, auto, sequence) {
          wrong = "U2, I17: left of a session: " + std::string{key};
        });
  }
  return wrong;
}

std::string session_work::judge_presence() const {
  for (auto& id : world_.machines()) {
    std::string wrong;
    auto m = dynamic_cast<production_machine*>(world_.machine(id));
    auto found = value_of("/machines/" + id.value + "/alive", wrong);
    if (!wrong.empty())
      return wrong;
    auto run = "\"incarnation\":"
               + std::to_string(m->environment().facts.self.run.value) + ",";
    if (!found || found->find(run) == std::string::npos)
      return id.value + " is there, and its `alive` record says "
             + found.value_or("nothing");
  }
  return {};
}

std::string session_work::judge() const {
  if (!problem_.empty())
    return problem_;
  if (auto wrong = judge_left(); !wrong.empty())
    return wrong;
  for (auto& [key, known] : keys_) {
    std::string wrong;
    auto found = value_of(key, wrong);
    if (!wrong.empty())
      return wrong;
    if (found && *found != known.stolen)
      return "U2: " + key + " is " + *found + ", its session has ended";
    if (!found && known.certain && known.unsure_count == 0)
      return "U2: " + key + " was another's and is gone";
  }
  return {};
}

} // namespace muster::sim
