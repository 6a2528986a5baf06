// SPDX-License-Identifier: Apache-2.0
#include "runtime/ticket_desk.hpp"

namespace muster {

namespace {

/// Tells a function that there is no answer.
struct decline {
  void operator()(ticket_desk::read_function& f) {
    f(std::nullopt);
  }
  void operator()(ticket_desk::list_function& f) {
    f(std::nullopt);
  }
  void operator()(ticket_desk::explain_function& f) {
    f(std::nullopt);
  }
  void operator()(ticket_desk::move_function& f) {
    f(std::nullopt);
  }
  void operator()(ticket_desk::command_function& f) {
    command_answer x;
    x.what = outcome::unknown;
    x.detail = "the machine is stopping; the same id tells later";
    f(std::move(x));
  }
};

} // namespace

uint64_t ticket_desk::add(function f) {
  std::lock_guard guard{mutex_};
  open_.emplace(next_, std::move(f));
  return next_++;
}

uint64_t ticket_desk::open(read_function f) {
  return add(std::move(f));
}

uint64_t ticket_desk::open(list_function f) {
  return add(std::move(f));
}

uint64_t ticket_desk::open(explain_function f) {
  return add(std::move(f));
}

uint64_t ticket_desk::open(command_function f) {
  return add(std::move(f));
}

uint64_t ticket_desk::open(move_function f) {
  return add(std::move(f));
}

uint64_t ticket_desk::open_watch(watch_functions f, size_t max) {
  std::scoped_lock guard{mutex_, watch_mutex_};
  if (watches_.size() >= max)
    return 0;
  watches_.emplace(next_, std::move(f));
  return next_++;
}

std::optional<ticket_desk::function> ticket_desk::take(uint64_t ticket) {
  std::lock_guard guard{mutex_};
  auto i = open_.find(ticket);
  if (i == open_.end())
    return std::nullopt;
  auto out = std::move(i->second);
  open_.erase(i);
  return out;
}

void ticket_desk::close(uint64_t ticket) {
  take(ticket);
  std::lock_guard guard{watch_mutex_};
  watches_.erase(ticket);
}

void ticket_desk::close_all() {
  std::unordered_map<uint64_t, function> rest;
  {
    std::scoped_lock guard{mutex_, watch_mutex_};
    rest.swap(open_);
    watches_.clear();
  }
  for (auto& [ticket, f] : rest)
    std::visit(decline{}, f);
}

void ticket_desk::command_done(uint64_t ticket, command_answer x) {
  if (auto f = take(ticket))
    std::get<command_function> (*f)(std::move(x));
}

void ticket_desk::read_done(uint64_t ticket, read_reply x) {
  if (auto f = take(ticket))
    std::get<read_function> (*f)(std::move(x));
}

void ticket_desk::list_done(uint64_t ticket, list_reply x) {
  if (auto f = take(ticket))
    std::get<list_function> (*f)(std::move(x));
}

void ticket_desk::explain_done(uint64_t ticket, explain_reply x) {
  if (auto f = take(ticket))
    std::get<explain_function> (*f)(std::move(x));
}

void ticket_desk::move_done(uint64_t ticket, move_reply x) {
  auto f = take(ticket);
  if (auto told = f ? std::get_if<move_function>(&*f) : nullptr)
    (*told)(std::move(x));
}

void ticket_desk::timed_out(uint64_t ticket) {
  if (auto f = take(ticket))
    std::visit(decline{}, *f);
}

void ticket_desk::watch_told(uint64_t ticket, std::vector<watch_event> x) {
  std::lock_guard guard{watch_mutex_};
  if (auto i = watches_.find(ticket); i != watches_.end())
    i->second.tell(x);
}

bool ticket_desk::watch_has_room(uint64_t ticket) {
  std::lock_guard guard{watch_mutex_};
  auto i = watches_.find(ticket);
  return i != watches_.end() && (!i->second.has_room || i->second.has_room());
}

} // namespace muster
