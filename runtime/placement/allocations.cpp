// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/allocations.hpp"

#include "runtime/placement/allocator_parts.hpp"
#include "runtime/placement/request_json.hpp"

#include <nlohmann/json.hpp>

#include <bit>
#include <thread>

namespace muster {

namespace {

uint64_t not_started(const known_cluster& x) {
  auto& table = x.resources.machines().table;
  uint64_t out = 0;
  for (size_t i = 0; i < table.words(); ++i)
    out += static_cast<uint64_t>(
      std::popcount(table.valid()[i] & ~table.started()[i]));
  return out;
}

bool is_same_request(const allocation& x, const qos& wanted) {
  return json_of(x.wanted) == json_of(wanted);
}

/// Another search may end otherwise once everything is known.
bool may_be_outdated(errc x) {
  return x == errc::refused || x == errc::not_found;
}

bool is_unknown(errc x) {
  return x == errc::unknown || x == errc::timed_out;
}

} // namespace

allocations::impl::impl(machine& x, allocations_options how)
  : node(x), keeper(x) {
  publish();
  if (how.ends)
    ends.emplace(node, [this](const std::string& id) {
      if (release(id, time_limit{end_timeout}))
        ++probe.expired;
    });
}

allocations::impl::~impl() {
  ends.reset();
  node.withdraw_metrics(this);
}

std::string allocations::impl::fresh_id() {
  // Another process of this machine has another boot time to the nanosecond.
  return node.id().value + "-" + std::to_string(started) + "-"
         + std::to_string(++ids);
}

std::optional<error> allocations::impl::carry_out(command_plan what,
                                                  const time_limit& limit) {
  command x;
  x.id = command_id{"=allocation " + fresh_id()};
  x.guards = std::move(what.guards);
  x.operations = std::move(what.operations);
  submit_options how;
  for (auto in_doubt = false;;) {
    how.timeout = limit.left();
    auto done = node.submit(x, how);
    if (done.what == outcome::committed)
      return std::nullopt;
    auto why = error_of(done);
    // That nothing was applied now says nothing of an earlier attempt; a
    // refusal is logged, so it does (C3).
    in_doubt = in_doubt || is_unknown(why.code);
    if (!in_doubt || why.code == errc::refused)
      return why;
    if (limit.left().count() == 0)
      return error{errc::unknown, why.message};
    if (how.born == sequence{})
      how.born = done.born;
    // A machine that cannot take it now would only be asked in circles.
    std::this_thread::sleep_for(
      std::min<nanoseconds>(retry_pause, limit.left()));
  }
}

result<std::optional<allocation>>
allocations::impl::claimed(const std::string& id, const time_limit& limit) {
  auto found = node.get(claim_key(id), {false, limit.left()});
  if (!found)
    return found.failure();
  if (!found->found)
    return std::optional<allocation>{};
  auto told = parse_allocation(id, found->value);
  if (!told)
    return told.failure();
  return std::optional{std::move(*told)};
}

result<placing> allocations::impl::made_before(const allocation_request& x,
                                               const time_limit& limit) {
  auto before = claimed(x.id, limit);
  if (!before)
    return before.failure();
  placing out;
  if (!*before)
    return out;
  if (!is_same_request(**before, x.wanted))
    return error{errc::id_reused,
                 "id: " + x.id + " is the allocation of another request"};
  out.found = true;
  out.made = std::move(**before);
  return out;
}

result<command_plan> allocations::impl::decide(reservation& on,
                                               const allocation_text& text) {
  return keeper.use([&](known_cluster& known) {
    auto begin = std::chrono::steady_clock::now();
    auto out = on.attempt(known.choose, random(), text);
    probe.decision_nanoseconds += static_cast<uint64_t>(
      (std::chrono::steady_clock::now() - begin).count());
    ++probe.decisions;
    return out;
  });
}

result<placing> allocations::impl::refuse(const allocation_request& x,
                                          const reservation& after,
                                          const error& why) {
  placing out;
  out.attempts = after.attempts();
  auto told = keeper.use([&](known_cluster& known) {
    out.not_started = not_started(known);
    return known.choose.explain(x.wanted, after.options());
  });
  if (!told)
    return told.failure();
  out.why = std::move(*told);
  out.reason = after.attempts() == reservation_attempts_max
                 ? why.message
                 : refusal_text(out.why);
  if (x.wanted.replicas > 1)
    out.reason += "; " + std::to_string(x.wanted.replicas)
                  + " replicas are wanted, each on another "
                  + to_string(spread_of(x.wanted));
  ++probe.refused;
  for (auto& each : out.why.excluded)
    if (each.in_order > 0)
      ++probe.refused_by[static_cast<size_t>(each.which)];
  return out;
}

result<placing> allocations::impl::create(allocation_request x,
                                          const time_limit& limit) {
  auto has_id = !x.id.empty();
  if (auto done = keeper.follow(limit.left()); !done)
    return done.failure();
  if (!has_id)
    x.id = fresh_id();
  reservation on{x.id, x.wanted, {}, has_id};
  auto text = [&](const allocation_record& record) {
    return text_of({x.id, has_id, node.id(), machines_of(on.parts()),
                    record.parts, x.wanted});
  };
  // An attempt that was refused may have been so by the claim.
  for (auto look = has_id, fresh = false;;) {
    if (look)
      if (auto before = made_before(x, limit); !before || before->made)
        return before;
    look = has_id;
    auto what = decide(on, text);
    if (!what && !fresh && may_be_outdated(what.failure().code)) {
      if (auto done = keeper.catch_up(limit.left()); !done)
        return done.failure();
      fresh = true;
      look = false;
      continue;
    }
    if (!what && what.failure().code == errc::refused)
      return refuse(x, on, what.failure());
    if (!what)
      return what.failure();
    auto failed = carry_out(std::move(*what), limit);
    switch (on.on_answer(failed ? std::optional{failed->code} : std::nullopt)) {
      case reservation_step::done:
        return placed(x, on, has_id);
      case reservation_step::next:
        if (limit.left().count() == 0)
          return error{errc::unavailable,
                       "nothing is reserved: " + failed->message};
        ++probe.conflicts;
        break;
      case reservation_step::again: // there is no more time
        return error{errc::unknown,
                     "it is not known whether " + x.id
                       + " is reserved: `muster alloc show " + x.id
                       + "` tells, and so does asking again with this id"};
      case reservation_step::stop:
        return *failed;
    }
  }
}

placing allocations::impl::placed(const allocation_request& x,
                                  const reservation& by, bool has_id) {
  ++probe.placed;
  placing out;
  out.attempts = by.attempts();
  out.not_started = keeper.use([](auto& known) { return not_started(known); });
  out.made = allocation{x.id,       has_id,  node.id(), machines_of(by.parts()),
                        by.parts(), x.wanted};
  return out;
}

// -- allocations --------------------------------------------------------------

allocations::allocations(machine& node, allocations_options how)
  : impl_(std::make_unique<impl>(node, how)) {
  // nop
}

allocations::~allocations() = default;

result<placing> allocations::create(allocation_request x,
                                    std::chrono::nanoseconds timeout) {
  if (auto checked = check_qos(x.wanted); !checked)
    return checked.failure();
  if (!x.id.empty())
    if (auto checked = check_allocation_id(x.id); !checked)
      return checked.failure();
  return impl_->create(std::move(x), time_limit{timeout});
}

result<allocation> allocations::find(const std::string& id,
                                     std::chrono::nanoseconds timeout) {
  auto found = impl_->locate(id, time_limit{timeout});
  if (!found)
    return found.failure();
  return std::move(found->what);
}

status allocations::release(const std::string& id,
                            std::chrono::nanoseconds timeout) {
  auto done = impl_->release(id, time_limit{timeout});
  if (done)
    ++impl_->probe.released;
  return done;
}

result<std::vector<allocation>>
allocations::list(std::chrono::nanoseconds timeout) {
  return impl_->list(time_limit{timeout});
}

result<explanation> allocations::explain(const qos& x, bool dry_run,
                                         std::chrono::nanoseconds timeout) {
  if (auto checked = check_qos(x); !checked)
    return checked.failure();
  if (auto done = impl_->know_all(time_limit{timeout}); !done)
    return done.failure();
  search_options how;
  how.dry_run = dry_run;
  return impl_->keeper.use([&](known_cluster& known) {
    how.random = impl_->random();
    return known.choose.explain(x, how);
  });
}

result<topology_links> allocations::links(std::chrono::nanoseconds timeout) {
  if (auto done = impl_->know_all(time_limit{timeout}); !done)
    return done.failure();
  return impl_->keeper.use(
    [](known_cluster& known) { return links_of(known.resources); });
}

} // namespace muster
