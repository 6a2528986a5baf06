// SPDX-License-Identifier: Apache-2.0

// What a `local_machine` mirrors, now and after its next start, and what else
// it holds copies of.

#include "registry/key.hpp"
#include "runtime/local_machine.hpp"
#include "runtime/store/mirror_file.hpp"

#include <boost/asio/post.hpp>
#include <caf/send.hpp>

#include <future>

namespace muster {

namespace {

/// How often `mirror` looks whether the copies have arrived.
constexpr std::chrono::milliseconds look_every{10};

} // namespace

std::string local_machine::mirror_file() const {
  return options_.process.data_dir + "/mirrors";
}

void local_machine::mirror_again() {
  auto found = read_mirrors(mirror_file());
  if (!found) {
    events_->note(severity::error, "mirrors_damaged",
                  "why=\"" + found.failure().message
                    + "\" next=\"mirror again what this machine mirrored\"");
    return;
  }
  std::lock_guard guard{pins_mutex_};
  pins_ = std::move(*found);
  for (auto& prefix : pins_)
    caf::anon_send(env_->actors.copies, pin_prefix{prefix, true});
}

bool local_machine::mirrored(const std::string& prefix) const {
  // No record can have such a key: only a held prefix knows of its absence.
  auto below = (prefix == "/" ? prefix : prefix + "/") + '\x01';
  auto serves = [&](shard_id shard) {
    auto kind = table_->read(shard, below, [](auto, auto) {}).kind;
    return kind == read_kind::served_absent;
  };
  auto count = options_.cluster.shard_count;
  if (within_one_shard(prefix))
    return serves(shard_of(prefix, count));
  for (uint32_t i = 0; i < count; ++i)
    if (!serves(shard_id{i}))
      return false;
  return true;
}

muster::status local_machine::pin(const std::string& prefix) {
  std::lock_guard guard{pins_mutex_};
  auto next = pins_;
  next.insert(prefix);
  if (next.size() > env_->facts.copies.prefixes_max)
    return error{errc::overloaded,
                 "this machine mirrors as many prefixes as it can ("
                   + std::to_string(pins_.size()) + "): `unmirror` one first"};
  if (next.size() > pins_.size())
    if (auto done = write_mirrors(mirror_file(), next); !done)
      return done;
  pins_ = std::move(next);
  caf::anon_send(env_->actors.copies, pin_prefix{prefix, true});
  return ok();
}

muster::status local_machine::mirror(std::string_view prefix,
                                     std::chrono::nanoseconds timeout) {
  auto checked = normalize_prefix(prefix);
  if (!checked)
    return checked.failure();
  if (auto done = pin(*checked); !done)
    return done;
  auto deadline = clock_.now() + timeout;
  std::promise<bool> done;
  auto timer = std::make_shared<boost::asio::steady_timer>(io_);
  std::function<void()> look = [&] {
    if (mirrored(*checked))
      return done.set_value(true);
    if (clock_.now() >= deadline || stopping_)
      return done.set_value(false);
    timer->expires_after(look_every);
    timer->async_wait([&](auto) { look(); });
  };
  boost::asio::post(io_, look);
  if (done.get_future().get())
    return ok();
  return error{errc::timed_out, "the copy of " + *checked
                                  + " is not complete yet; it goes on, look "
                                    "again with the same command"};
}

muster::status local_machine::unmirror(std::string_view prefix) {
  auto checked = normalize_prefix(prefix);
  if (!checked)
    return checked.failure();
  std::lock_guard guard{pins_mutex_};
  if (pins_.erase(*checked) == 0)
    return error{errc::not_found, *checked + " is not mirrored here"};
  caf::anon_send(env_->actors.copies, pin_prefix{*checked, false});
  if (auto done = write_mirrors(mirror_file(), pins_); !done)
    return error{errc::io,
                 "the copy is given up, but comes back with the "
                 "machine's next start: "
                   + done.failure().message};
  return ok();
}

std::vector<std::string> local_machine::mirrors() const {
  std::lock_guard guard{pins_mutex_};
  return {pins_.begin(), pins_.end()};
}

void local_machine::add_copy_metrics() {
  auto counter = [&](const char* name, const char* help, auto read) {
    metrics_.add_counter(name, help, {}, this,
                         [read] { return static_cast<double>(read()); });
  };
  auto gauge = [&](const char* name, const char* help, auto read) {
    metrics_.add_gauge(name, help, {}, this,
                       [read] { return static_cast<double>(read()); });
  };
  counter("muster_adaptive_copies_granted_total",
          "Copies of single keys that this machine got",
          [this] { return env_->key_copies.get().granted; });
  counter("muster_adaptive_copies_withdrawn_total",
          "Given up: written more often than read",
          [this] { return env_->key_copies.get().withdrawn; });
  counter("muster_adaptive_copies_evicted_total",
          "Given up for others: memory was full",
          [this] { return env_->key_copies.get().evicted; });
  counter("muster_adaptive_copies_hits_total",
          "Reads of this process that such copies served",
          [] { return read_table::counts().single; });
  gauge("muster_adaptive_copies_count", "Copies of single keys held",
        [this] { return env_->key_copies.get().keys; });
  gauge("muster_adaptive_copies_bytes", "Memory of these copies",
        [this] { return env_->key_copies.get().bytes; });
}

} // namespace muster
