// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/watch_work.hpp"

namespace muster::sim {

namespace {

constexpr nanoseconds look_every = 300ms;
/// Of 1000 looks: the user goes for no reason.
constexpr unsigned go_permille = 60;
constexpr nanoseconds away_max = 6s;
const std::vector<std::string> prefixes{"/", "/g", "/g/1", "/g/2", "/g/3"};

} // namespace

struct watch_work::watcher {
  watcher(const change_book& truth, std::string what, uint32_t shard_count,
          bool from_start)
    : prefix(std::move(what)),
      follower(truth, prefix, shard_count, from_start) {
    // nop
  }

  std::string prefix;
  watch_follower follower;
  watch_position position;
  /// Where it is, in which start of the machine; no machine: it is away.
  machine_id at;
  size_t start_count = 0;
  uint64_t ticket = 0;
  /// Tells what a former watch still says.
  uint64_t turn = 0;
};

watch_work::watch_work(sim_world& world, const cluster_shape& shape,
                       const change_book& truth, sim_random random)
  : world_(world), shape_(shape), truth_(truth), random_(std::move(random)) {
  // nop
}

watch_work::~watch_work() = default;

void watch_work::begin(size_t count) {
  for (size_t i = 0; i < count; ++i) {
    auto& prefix = prefixes[random_.below(prefixes.size())];
    auto from_start = random_.chance(700);
    auto& w = *watchers_.emplace_back(std::make_unique<watcher>(
      truth_, prefix, shape_.shard_count, from_start));
    auto shards = shards_under(prefix, shape_.shard_count).size();
    w.position = watch_position{1, shards};
    if (from_start)
      w.position = *watch_position::parse("0", prefix, shape_.shard_count, 1);
    look(w);
  }
}

production_machine* watch_work::usable(const machine_id& id) const {
  if (!world_.is_up(id) || world_.is_paused(id))
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(id));
  return m && m->ready() ? m : nullptr;
}

production_machine* watch_work::present(const watcher& w) const {
  if (w.at == machine_id{} || !world_.is_up(w.at)
      || world_.start_count(w.at) != w.start_count)
    return nullptr;
  auto m = dynamic_cast<production_machine*>(world_.machine(w.at));
  return m && m->ready() ? m : nullptr;
}

void watch_work::look(watcher& w) {
  auto next = look_every;
  if (w.at == machine_id{}) {
    come(w);
  } else if (!present(w) || (!settled_ && random_.chance(go_permille))) {
    go(w);
    if (!settled_)
      next = random_.between(nanoseconds{0}, away_max);
  }
  world_.scheduler().after(next, [this, &w] { look(w); });
}

void watch_work::come(watcher& w) {
  auto all = world_.machines();
  auto& id = all[random_.below(all.size())];
  auto m = usable(id);
  if (!m)
    return;
  w.at = id;
  w.start_count = world_.start_count(id);
  resumed_ += ++w.turn > 1;
  w.follower.reconnect();
  auto text = w.position.text();
  auto from = text.empty()
                ? w.position
                : *watch_position::parse(text, w.prefix, shape_.shard_count, 1);
  w.position = from;
  w.ticket = m->watch(w.prefix, from,
                      [this, &w, turn = w.turn](const auto& events) {
                        take(w, turn, events);
                      });
}

void watch_work::go(watcher& w) {
  if (auto m = present(w))
    m->end_watch(w.ticket);
  w.at = machine_id{};
  ++w.turn;
}

void watch_work::take(watcher& w, uint64_t turn,
                      const std::vector<watch_event>& events) {
  if (turn != w.turn)
    return;
  for (auto& x : events) {
    if (x.what == watch_event::kind::ended)
      return go(w); // its home is out of reach: elsewhere
    w.position.take(x);
    if (auto wrong = w.follower.take(x); !wrong.empty() && problem_.empty())
      problem_ = "watch of " + w.prefix + " at " + w.at.value + ": " + wrong;
  }
}

std::string
watch_work::judge(const std::map<shard_id, sequence>& committed) const {
  if (!problem_.empty())
    return problem_;
  for (auto& w : watchers_) {
    auto name = "watch of " + w->prefix + " at " + w->at.value;
    if (w->position.text().empty())
      return name + " has not begun";
    if (w->follower.is_behind(committed))
      return name + " is behind at the end";
    if (auto wrong = w->follower.judge(); !wrong.empty())
      return name + ": " + wrong;
  }
  return {};
}

size_t watch_work::told_count() const {
  size_t out = 0;
  for (auto& w : watchers_)
    out += w->follower.told_count();
  return out;
}

size_t watch_work::compacted_count() const {
  size_t out = 0;
  for (auto& w : watchers_)
    out += w->follower.compacted_count();
  return out;
}

} // namespace muster::sim
