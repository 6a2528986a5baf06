// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/allocation_work.hpp"

#include "allocator/record_keys.hpp"
#include "registry/key.hpp"

#include <algorithm>
#include <cassert>

namespace muster::sim {

namespace {

constexpr nanoseconds pause_max = 1500ms;
constexpr nanoseconds send_timeout = 2s;
/// A user whose machine has died waits that long for an answer.
constexpr nanoseconds patience = 4s;
constexpr size_t host_count = 3;
constexpr uint64_t capacity = 6;

machine_id host(size_t i) {
  return machine_id{"host" + std::to_string(i)};
}

counter_name device_counter() {
  return {counter_kind::device, 0, "d"};
}

std::string text_of(const allocation_record& x) {
  uint64_t sum = 0;
  for (auto& part : x.parts)
    sum += part.capacity_bytes;
  return std::to_string(sum);
}

} // namespace

struct allocation_work::user {
  machine_id at;
  /// What is being reserved.
  std::optional<reservation> on;
  std::string id;
  bool claimed = false;
  /// What it has: id, parts and whether there is a claim.
  struct held {
    std::string id;
    std::vector<reserved_part> parts;
    bool claimed;
  };
  std::vector<held> mine;
  /// The command whose outcome is not known yet.
  std::optional<command> open;
  sequence born;
  /// One attempt to send it may still be on its way.
  bool in_doubt = false;
  answer_function then;
  /// Tells the answers of what was given up from the present one's.
  uint64_t turn = 0;
};

allocation_work::allocation_work(sim_world& world, const cluster_shape& shape,
                                 sim_random random)
  : world_(world), shape_(shape), random_(std::move(random)) {
  device_resources device;
  device.capacity_bytes = capacity;
  for (size_t i = 0; i < host_count; ++i) {
    auto id = host(i);
    auto known = hosts_.put_machine(id, {})
                 && hosts_.put_device(id, "d", device)
                 && hosts_.set_counter(id, device_counter(), int64_t{capacity});
    assert(known);
    static_cast<void>(known);
    hosts_.set_started(id, true);
  }
}

allocation_work::~allocation_work() = default;

void allocation_work::begin_at(const machine_id& id) {
  users_.push_back(std::make_unique<user>());
  users_.back()->at = id;
  wake_later(*users_.back());
}

production_machine* allocation_work::usable(const machine_id& id) const {
  if (!world_.is_up(id) || world_.is_paused(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

void allocation_work::wake_later(user& u) {
  auto pause = random_.between(nanoseconds{0}, pause_max);
  world_.scheduler().after(pause, [this, &u] { wake(u); });
}

void allocation_work::wake(user& u) {
  // A command that may have been applied is never given up.
  if (u.open)
    return submit(u);
  if (stopped_)
    return;
  if (random_.chance(150))
    begin_host(u);
  else if (u.mine.size() > 2 || (!u.mine.empty() && random_.chance(400)))
    release(u);
  else
    reserve(u);
}

/// A host that starts, before anything was reserved there.
void allocation_work::begin_host(user& u) {
  auto key = counter_key(host(random_.below(host_count)), device_counter());
  command_plan what;
  what.guards.push_back({guard_kind::absent, key, {}, {}});
  what.operations.push_back(
    {muster::operation_kind::put, key, std::to_string(capacity)});
  send(u, std::move(what),
       [this, &u](std::optional<errc>, sequence) { wake_later(u); });
}

void allocation_work::reserve(user& u) {
  u.id = "a" + std::to_string(++names_);
  u.claimed = random_.chance(500);
  qos wanted{.capacity_bytes = 1 + random_.below(2)};
  wanted.replicas = random_.chance(300) ? 2 : 1;
  u.on.emplace(u.id, std::move(wanted), search_options{}, u.claimed);
  attempt(u);
}

void allocation_work::attempt(user& u) {
  auto what = u.on->attempt(choose_, random_.next(), text_of);
  if (!what)
    return wake_later(u);
  fates_[u.id] = fate::unsure;
  send(u, std::move(*what),
       [this, &u](std::optional<errc> x, sequence) { on_attempt(u, x); });
}

void allocation_work::on_attempt(user& u, std::optional<errc> x) {
  switch (u.on->on_answer(x)) {
    case reservation_step::done:
      ++placed_;
      fates_[u.id] = fate::here;
      u.mine.push_back({u.id, u.on->parts(), u.claimed});
      return wake_later(u);
    case reservation_step::next:
      ++lost_;
      fates_[u.id] = fate::gone;
      return stopped_ ? wake_later(u) : attempt(u);
    case reservation_step::again:
    case reservation_step::stop:
      return wake_later(u);
  }
}

void allocation_work::release(user& u) {
  auto at = random_.below(u.mine.size());
  auto x = u.mine[at];
  std::vector<sequence> versions;
  for (auto& record : allocation_records(x.id, x.parts, x.claimed)) {
    std::string wrong;
    sequence version;
    // A copy that is silent now answers later.
    if (!value_of(record.key, version, wrong))
      return wake_later(u);
    versions.push_back(version);
  }
  u.mine.erase(u.mine.begin() + static_cast<long>(at));
  fates_[x.id] = fate::unsure;
  send(u, plan_release(x.id, x.parts, x.claimed, versions),
       [this, &u, x](std::optional<errc> failed, sequence) {
         // Nobody else has released it, so a refusal is one of old versions.
         fates_[x.id] = failed ? fate::here : fate::gone;
         if (failed)
           u.mine.push_back(x);
         wake_later(u);
       });
}

void allocation_work::send(user& u, command_plan what,
                           const answer_function& then) {
  assert(!u.open);
  u.open.emplace();
  u.open->id = command_id{"=alloc " + std::to_string(++names_)};
  u.open->guards = std::move(what.guards);
  u.open->operations = std::move(what.operations);
  u.born = {};
  u.in_doubt = false;
  u.then = then;
  submit(u);
}

void allocation_work::submit(user& u) {
  auto m = usable(u.at);
  if (!m)
    return wake_later(u);
  auto turn = ++u.turn;
  auto over = [&u, turn] {
    if (turn != u.turn)
      return false;
    ++u.turn;
    return true;
  };
  world_.scheduler().after(patience, [this, &u, over] {
    if (!over())
      return;
    u.in_doubt = true;
    wake_later(u);
  });
  auto take = [this, &u, over](const command_answer& x) {
    if (!over())
      return;
    if (u.born == sequence{})
      u.born = x.born;
    // That nothing was applied now says nothing of an earlier attempt.
    u.in_doubt = u.in_doubt || x.what == outcome::unknown;
    if (u.in_doubt && x.what != outcome::committed
        && x.what != outcome::refused)
      return wake_later(u);
    auto then = std::exchange(u.then, nullptr);
    u.open.reset();
    if (x.what == outcome::committed)
      then(std::nullopt, x.version);
    else
      then(error_of(x).code, {});
  };
  auto sent = m->submit(*u.open, u.born, send_timeout, take);
  if (!sent && over())
    wake_later(u);
}

std::optional<std::string> allocation_work::value_of(const std::string& key,
                                                     sequence& version,
                                                     std::string& wrong) const {
  std::string out;
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

std::map<std::string, std::string>
allocation_work::records(const std::string& prefix) const {
  std::map<std::string, std::string> out;
  for (auto& id : world_.machines()) {
    auto m = dynamic_cast<production_machine*>(world_.machine(id));
    for (uint32_t i = 0; m && i < shape_.shard_count; ++i)
      m->table().list(shard_id{i}, prefix, [&](auto key, auto value, sequence) {
        out[std::string{key}] = value;
      });
  }
  return out;
}

std::string allocation_work::judge_counters() const {
  for (size_t i = 0; i < host_count; ++i) {
    std::string wrong;
    sequence version;
    auto key = counter_key(host(i), device_counter());
    auto found = value_of(key, version, wrong);
    if (!wrong.empty())
      return wrong;
    // It has never started, so nothing can be reserved there.
    auto left = found ? std::stoll(*found) : 0;
    int64_t reserved = 0;
    for (auto& [name, text] : records(machine_key(host(i)) + "/allocations"))
      reserved += std::stoll(text);
    auto has = found ? int64_t{capacity} : 0;
    if (left < 0 || left + reserved != has)
      return "I14: " + key + " has " + std::to_string(left) + " left of "
             + std::to_string(has) + ", and " + std::to_string(reserved)
             + " are reserved";
  }
  return {};
}

std::string allocation_work::judge_records() const {
  std::set<std::string> found;
  for (size_t i = 0; i < host_count; ++i)
    for (auto& [key, text] : records(machine_key(host(i)) + "/allocations"))
      found.insert(parse_record_key(key).allocation);
  std::set<std::string> claims;
  for (auto& [key, text] : records("/allocations")) {
    auto id = key.substr(claim_key("").size());
    if (!found.contains(id))
      return "I14: " + id + " is claimed, and nowhere";
    claims.insert(id);
  }
  for (auto& u : users_)
    for (auto& x : u->mine)
      if (x.claimed && fates_.at(x.id) == fate::here && !claims.contains(x.id))
        return "I14: the claim of " + x.id + " is gone";
  for (auto& [id, what] : fates_) {
    if (what == fate::here && !found.contains(id))
      return "I14: " + id + " was reserved and is gone";
    if (what == fate::gone && found.contains(id))
      return "I14: " + id + " was given back and is there";
  }
  for (auto& id : found)
    if (!fates_.contains(id))
      return "I14: nobody has reserved " + id;
  return {};
}

std::string allocation_work::judge() const {
  if (users_.empty())
    return {};
  auto wrong = judge_counters();
  return wrong.empty() ? judge_records() : wrong;
}

} // namespace muster::sim
