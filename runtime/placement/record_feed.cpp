// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/record_feed.hpp"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>

namespace muster {

namespace {

/// Most events that wait to be applied. Snapshots wait at the homes instead.
constexpr size_t waiting_max = 256 * 1024;
constexpr size_t snapshot_waiting_max = 16 * 1024;

/// From the end of a watch to the next one.
constexpr std::chrono::milliseconds open_pause{500};

} // namespace

/// What one watch has told and nobody has applied yet. Thread-safe.
struct record_feed::inbox {
  std::mutex mutex;
  std::deque<watch_event> events;
  std::optional<watch_position> first;
  bool over = false;

  void take(const watch_event& x, const watch_position& at) {
    std::lock_guard guard{mutex};
    if (over)
      return;
    if (!first)
      first = at;
    // What does not fit is told again by the next watch.
    over = x.what == watch_event::kind::ended || events.size() >= waiting_max;
    if (!over)
      events.push_back(x);
  }

  bool has_room() {
    std::lock_guard guard{mutex};
    return events.size() < snapshot_waiting_max;
  }
};

record_feed::record_feed(machine& node, std::string prefix,
                         watch_state::apply_function apply, wake_function wake)
  : node_(node), prefix_(std::move(prefix)), state_(std::move(apply)),
    wake_(std::move(wake)) {
  // nop
}

record_feed::~record_feed() = default;

bool record_feed::drain(size_t events_max) {
  if (!inbox_)
    return false;
  std::deque<watch_event> taken;
  std::optional<watch_position> first;
  bool more = false;
  {
    std::lock_guard guard{inbox_->mutex};
    auto& events = inbox_->events;
    if (!events.empty())
      first = std::exchange(inbox_->first, std::nullopt);
    more = events.size() > events_max;
    if (more) {
      auto end = events.begin() + static_cast<ptrdiff_t>(events_max);
      taken.assign(std::make_move_iterator(events.begin()),
                   std::make_move_iterator(end));
      events.erase(events.begin(), end);
    } else {
      taken.swap(events);
    }
  }
  if (first)
    state_.begin(std::move(*first));
  for (auto& x : taken)
    state_.on_event(x);
  return more;
}

void record_feed::reopen() {
  while (drain(waiting_max))
    continue;
  watch_.reset();
  auto to = std::make_shared<inbox>();
  inbox_ = to;
  watch_options how;
  how.from = state_.position().at().empty() ? "0" : state_.position().text();
  how.has_room = [to] { return to->has_room(); };
  auto begun = node_.watch(prefix_, std::move(how),
                           [to, wake = wake_](const watch_event& x,
                                              const watch_position& at) {
                             to->take(x, at);
                             wake();
                           });
  if (begun) {
    watch_ = std::move(*begun);
    return;
  }
  std::lock_guard guard{to->mutex};
  to->over = true;
}

void record_feed::on_tick(std::chrono::steady_clock::time_point now) {
  if (inbox_) {
    std::lock_guard guard{inbox_->mutex};
    if (!inbox_->over)
      return;
  }
  if (now < next_open_)
    return;
  next_open_ = now + open_pause;
  reopen();
}

result<watch_position> committed_now(machine& node, const std::string& prefix,
                                     std::chrono::nanoseconds timeout) {
  struct waiting {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<watch_position> all;
  };
  auto told = std::make_shared<waiting>();
  auto watch = node.watch(prefix, {},
                          [told](const watch_event&, const watch_position& at) {
                            // Its text is empty until every shard has a
                            // position.
                            std::lock_guard guard{told->mutex};
                            if (told->all || at.text().empty())
                              return;
                            told->all = at;
                            told->changed.notify_all();
                          });
  if (!watch)
    return watch.failure();
  std::unique_lock guard{told->mutex};
  if (!told->changed.wait_for(guard, timeout,
                              [&] { return told->all.has_value(); }))
    return error{errc::unavailable,
                 "the homes of some records under " + prefix
                   + " do not answer, so it is not known what they have"};
  auto out = *told->all;
  // Its end calls the machine, which may hold what calls us.
  guard.unlock();
  return out;
}

} // namespace muster
