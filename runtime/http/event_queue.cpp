// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/event_queue.hpp"

#include <utility>

namespace muster::http {

event_queue::event_queue(size_t bytes_max) : bytes_max_(bytes_max) {
  // nop
}

void event_queue::on_wake(std::function<void()> wake) {
  std::lock_guard guard{mutex_};
  wake_ = std::move(wake);
}

void event_queue::push(std::string_view name, std::string_view id,
                       std::string_view data) {
  std::function<void()> wake;
  {
    std::lock_guard guard{mutex_};
    if (cut_)
      return;
    if (!waiting_.empty()
        && waiting_.size() + name.size() + id.size() + data.size() > bytes_max_)
      cut_locked(R"({"code":"overloaded","message":"the watcher reads more )"
                 R"(slowly than the records change; go on from its last id"})");
    else
      append(name, id, data);
    wake = wake_locked();
  }
  if (wake)
    wake();
}

void event_queue::cut(std::string_view reason) {
  std::function<void()> wake;
  {
    std::lock_guard guard{mutex_};
    cut_locked(reason);
    wake = wake_locked();
  }
  if (wake)
    wake();
}

bool event_queue::take(std::string& out) {
  std::lock_guard guard{mutex_};
  out.clear();
  std::swap(out, waiting_);
  asleep_ = out.empty();
  return !out.empty();
}

bool event_queue::has_room() const {
  std::lock_guard guard{mutex_};
  return !cut_ && waiting_.size() < bytes_max_ / 2;
}

bool event_queue::finished() const {
  std::lock_guard guard{mutex_};
  return cut_ && waiting_.empty();
}

void event_queue::append(std::string_view name, std::string_view id,
                         std::string_view data) {
  waiting_.append("event: ").append(name);
  if (!id.empty())
    waiting_.append("\nid: ").append(id);
  waiting_.append("\ndata: ").append(data).append("\n\n");
}

void event_queue::cut_locked(std::string_view reason) {
  if (!cut_)
    append("cut", "", reason);
  cut_ = true;
}

std::function<void()> event_queue::wake_locked() {
  return std::exchange(asleep_, false) ? wake_ : std::function<void()>{};
}

} // namespace muster::http
