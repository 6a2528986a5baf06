// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/transaction_work.hpp"

#include "registry/key.hpp"

#include <charconv>

namespace muster::sim {

namespace {

constexpr nanoseconds pause_max = 1800ms;
/// Of 1000 appends: another client appends to the same lists at once. What
/// only one of them reads the other one writes: write skew, if it could be.
constexpr unsigned echo_permille = 500;
constexpr nanoseconds read_timeout = 1s;
constexpr nanoseconds send_timeout = 3s;
/// A client whose process has died waits that long for an answer.
constexpr nanoseconds patience = 5s;

answer answer_of(outcome x) {
  switch (x) {
    case outcome::committed:
      return answer::ok;
    case outcome::refused:
      return answer::refused;
    case outcome::unavailable:
      return answer::failed;
    default:
      return answer::unknown;
  }
}

} // namespace

struct transaction_work::client {
  machine_id at;
  /// It begins nothing by itself.
  bool is_echo = false;
  bool busy = false;
  /// Tells the answers of what was given up from the present one's.
  uint64_t turn = 0;
};

transaction_work::transaction_work(sim_world& world, const cluster_shape& shape,
                                   sim_random random)
  : world_(world), shape_(shape), random_(std::move(random)) {
  // nop
}

transaction_work::~transaction_work() = default;

void transaction_work::begin_at(const machine_id& id) {
  clients_.push_back(std::make_unique<client>());
  clients_.back()->at = id;
  echoes_.push_back(std::make_unique<client>());
  echoes_.back()->at = id;
  echoes_.back()->is_echo = true;
  wake_later(*clients_.back());
}

int64_t transaction_work::now() const {
  return world_.scheduler().now().count();
}

shard_id transaction_work::shard(const std::string& key) const {
  return shard_of(key, shape_.shard_count);
}

production_machine* transaction_work::usable(const client& c) const {
  if (!world_.is_up(c.at) || world_.is_paused(c.at))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(c.at));
  return m && m->ready() ? m : nullptr;
}

void transaction_work::wake_later(client& c) {
  auto pause = random_.between(nanoseconds{0}, pause_max);
  world_.scheduler().after(pause, [this, &c] { wake(c); });
}

void transaction_work::wake(client& c) {
  if (stopped_)
    return;
  auto m = usable(c);
  if (!m)
    return wake_later(c);
  give_up_later(c);
  auto dice = random_.below(100);
  if (dice < 30)
    return transfer(c, *m);
  if (dice < 40)
    return audit(c, *m);
  auto keys = draw_lists(random_);
  begin_append(c, keys);
  if (random_.chance(echo_permille))
    echo(keys);
}

void transaction_work::give_up_later(client& c) {
  c.busy = true;
  world_.scheduler().after(patience,
                           [this, &c, turn = c.turn] { done(c, turn); });
}

void transaction_work::begin_append(client& c,
                                    const std::vector<std::string>& keys) {
  auto x = std::make_shared<transaction>();
  x->client = c.at.value + (c.is_echo ? "e" : "");
  for (auto& key : keys)
    x->parts.push_back({key, {}, false});
  read_next(c, x, 0);
}

void transaction_work::echo(std::vector<std::string> keys) {
  auto& c = *echoes_[random_.below(echoes_.size())];
  if (c.busy || !usable(c))
    return;
  give_up_later(c);
  // Another shard decides it then: of two that one shard decides, the same one
  // comes first everywhere.
  if (keys.size() > 2 && random_.chance(500))
    keys.erase(keys.begin() + static_cast<long>(random_.below(keys.size())));
  begin_append(c, keys);
}

void transaction_work::done(client& c, uint64_t turn) {
  if (turn != c.turn)
    return;
  ++c.turn;
  c.busy = false;
  if (!c.is_echo)
    wake_later(c);
}

void transaction_work::send(client& c, production_machine& m, command what,
                            const answer_function& then) {
  auto sent
    = m.submit(std::move(what), {}, send_timeout,
               [this, &c, then, turn = c.turn](const command_answer& x) {
                 then(&x);
                 committed_ += x.what == outcome::committed;
                 done(c, turn);
               });
  if (sent)
    return;
  then(nullptr);
  done(c, c.turn);
}

void transaction_work::transfer(client& c, production_machine& m) {
  send(c, m, draft_transfer(random_), [](auto) {});
}

void transaction_work::audit(client& c, production_machine& m) {
  send(c, m, draft_audit(), [this](const command_answer* x) {
    if (x && x->what == outcome::committed && problem_.empty())
      problem_ = check_audit(x->counters);
  });
}

void transaction_work::read_next(client& c,
                                 const std::shared_ptr<transaction>& x,
                                 size_t index) {
  auto m = usable(c);
  if (!m)
    return done(c, c.turn);
  for (; index < x->parts.size(); ++index) {
    auto& part = x->parts[index];
    sequence version;
    auto got = m->table().copy_to(shard(part.key), part.key, part.before,
                                  version);
    if (got.kind == read_kind::served)
      continue;
    part.before.clear();
    if (got.kind == read_kind::served_absent)
      continue;
    auto then = [this, &c, x, index, turn = c.turn](const read_reply* told) {
      if (turn != c.turn)
        return;
      if (!told)
        return done(c, turn);
      if (told->found)
        x->parts[index].before = told->value;
      read_next(c, x, index + 1);
    };
    return m->ask_home(shard(part.key), part.key, read_timeout, then);
  }
  append(c, *m, *x);
}

void transaction_work::append(client& c, production_machine& m, transaction x) {
  x.name = "t" + std::to_string(++names_);
  x.call_ns = now();
  auto what = draft_append(random_, x);
  all_.push_back(std::move(x));
  send(c, m, std::move(what),
       [this, at = all_.size() - 1](const command_answer* got) {
         auto& sent = all_[at];
         sent.outcome = got ? answer_of(got->what) : answer::failed;
         sent.otherwise = got && got->otherwise;
         if (sent.outcome != answer::unknown)
           sent.return_ns = now();
       });
}

std::string transaction_work::value_of(const std::string& key,
                                       std::string& wrong) const {
  std::string out;
  sequence version;
  for (auto& id : world_.machines()) {
    auto m = dynamic_cast<production_machine*>(world_.machine(id));
    if (!m)
      continue;
    auto got = m->table().copy_to(shard(key), key, out, version);
    if (got.kind == read_kind::served)
      return out;
    if (got.kind == read_kind::served_absent)
      return {};
  }
  wrong = "I17: no machine serves " + key;
  return {};
}

std::string transaction_work::judge() const {
  if (!problem_.empty() || clients_.empty())
    return problem_;
  transaction_finals finals;
  std::string wrong;
  for (auto& key : list_keys())
    finals.lists[key] = value_of(key, wrong);
  for (size_t i = 0; i < missed_keys().size(); ++i) {
    auto text = value_of(missed_keys()[i], wrong);
    std::from_chars(text.data(), text.data() + text.size(), finals.missed[i]);
  }
  if (wrong.empty()) {
    wrong = check_transactions(all_, finals);
    if (!wrong.empty())
      wrong = "I2: " + wrong;
  }
  return wrong;
}

} // namespace muster::sim
