// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/etcd_coordinator.hpp"

#include "runtime/coordinator/call_limit.hpp"
#include "runtime/coordinator/etcd_lease.hpp"
#include "runtime/coordinator/etcd_watch.hpp"
#include "runtime/coordinator/options_check.hpp"
#include "runtime/coordinator/request_rules.hpp"

#include <algorithm>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace muster {

namespace {

using std::chrono::milliseconds;

/// How long the worker sleeps if only the network can wake it, and if a
/// deadline or a pause can.
constexpr milliseconds idle_patience{1000};
constexpr milliseconds busy_patience{20};

error full(size_t max) {
  return error{errc::unavailable,
               "etcd coordinator: " + std::to_string(max)
                 + " calls wait for an answer already; nothing was sent"};
}

error not_understood(errc code) {
  return error{code,
               "etcd coordinator: an answer is not etcd's; does the "
               "endpoint belong to another program?"};
}

} // namespace

/// The state behind the worker thread. Everything but the mailbox belongs to
/// that thread.
class etcd_coordinator::worker {
public:
  using job = std::function<void()>;

  worker(etcd_options options, const clock_source& clock, event_sink* events)
    : options_(std::move(options)), clock_(clock), events_(events),
      limit_(options_.limits.queue_max),
      http_({options_.ca_file, options_.certificate_file, options_.key_file},
            options_.answer_bytes_max),
      session_(options_, http_, clock, events), lease_(session_),
      thread_([this] { run(); }) {
    // nop
  }

  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  ~worker() {
    {
      std::lock_guard guard{mutex_};
      is_stopping_ = true;
    }
    http_.wake();
    thread_.join();
  }

  const coordinator_options& limits() const {
    return options_.limits;
  }

  /// Runs `what(callback, deadline)` on the worker, or answers that the queue
  /// is full.
  template <class T, class What>
  void submit(callback<T> then, What what) {
    auto counted = limit_.enter(then);
    if (!counted)
      return then(full(options_.limits.queue_max));
    auto deadline = clock_.now() + options_.limits.deadline;
    auto is_accepted = post(
      [this, what = std::move(what), deadline, then = *counted]() mutable {
        what(*this, std::move(then), deadline);
      });
    if (!is_accepted)
      (*counted)(error{errc::unavailable, "etcd coordinator: it is closed"});
  }

  /// @returns false if the worker is stopping
  bool post(job x) {
    {
      std::lock_guard guard{mutex_};
      if (is_stopping_)
        return false;
      jobs_.push_back(std::move(x));
    }
    http_.wake();
    return true;
  }

  // -- on the worker ----------------------------------------------------------

  void range(const std::string& prefix, callback<coordinator_range> then,
             boot_time deadline);
  void txn(const coordinator_txn& request,
           callback<coordinator_txn_answer> then, boot_time deadline);

  void keep_alive(std::chrono::seconds ttl, callback<bool> then,
                  boot_time deadline) {
    lease_.keep_alive(ttl, deadline, std::move(then));
  }

  void watch(std::string prefix, std::function<void()> hint);

private:
  void run();
  bool take_jobs();
  bool is_waiting() const;

  const etcd_options options_;
  const clock_source& clock_;
  event_sink* const events_;
  call_limit limit_;
  http_client http_;
  etcd_session session_;
  etcd_lease lease_;
  std::vector<std::unique_ptr<etcd_watch>> watches_;
  std::mutex mutex_;
  std::vector<job> jobs_;
  bool is_stopping_ = false;
  /// Last, so that the thread finds everything else in place.
  std::thread thread_;
};

void etcd_coordinator::worker::run() {
  while (take_jobs()) {
    session_.on_tick();
    for (auto& x : watches_)
      x->on_tick();
    http_.run_once(is_waiting() ? busy_patience : idle_patience);
  }
  session_.close();
}

/// Returns false, after the last jobs, if the worker is to stop.
bool etcd_coordinator::worker::take_jobs() {
  std::vector<job> jobs;
  bool is_last = false;
  {
    std::lock_guard guard{mutex_};
    jobs.swap(jobs_);
    is_last = is_stopping_;
  }
  for (auto& x : jobs)
    x();
  return !is_last;
}

bool etcd_coordinator::worker::is_waiting() const {
  return session_.is_waiting()
         || std::any_of(watches_.begin(), watches_.end(),
                        [](auto& x) { return x->is_waiting(); });
}

void etcd_coordinator::worker::range(const std::string& prefix,
                                     callback<coordinator_range> then,
                                     boot_time deadline) {
  session_.call({"/v3/kv/range", etcd::encode_range(prefix), deadline, false},
                [then = std::move(then)](const etcd_reply& reply) {
                  if (!reply.text)
                    return then(reply.text.failure());
                  auto x = etcd::decode_range(*reply.text);
                  if (!x)
                    return then(not_understood(errc::unavailable));
                  then(std::move(*x));
                });
}

void etcd_coordinator::worker::txn(const coordinator_txn& request,
                                   callback<coordinator_txn_answer> then,
                                   boot_time deadline) {
  auto lease = lease_.id();
  auto is_bound = std::any_of(request.puts.begin(), request.puts.end(),
                              [](auto& x) { return x.bound_to_lease; });
  // Without a lease the key would stay for ever.
  if (is_bound && lease == 0)
    return then(error{errc::unavailable,
                      "etcd coordinator: no liveness lease "
                      "for a bound key; keep_alive first"});
  session_.call({"/v3/kv/txn", etcd::encode_txn(request, lease), deadline,
                 true},
                [this, lease, then = std::move(then)](etcd_reply reply) {
                  if (reply.reason == etcd::reaction::lease_ended)
                    lease_.on_ended(lease);
                  if (!reply.text)
                    return then(reply.text.failure());
                  auto x = etcd::decode_txn(*reply.text);
                  if (!x)
                    return then(not_understood(errc::unknown));
                  then(*x);
                });
}

void etcd_coordinator::worker::watch(std::string prefix,
                                     std::function<void()> hint) {
  if (watches_.size() < options_.watches_max) {
    watches_.push_back(std::make_unique<etcd_watch>(
      std::move(prefix), std::move(hint), options_, session_, http_, clock_));
  } else if (events_ != nullptr) {
    // Not an error: whoever watches also polls (M5).
    events_->note(severity::warning, "coordinator_watch_refused",
                  "prefix=" + prefix
                    + " max=" + std::to_string(options_.watches_max));
  }
}

// -- the port
// ------------------------------------------------------------------

result<std::unique_ptr<etcd_coordinator>>
etcd_coordinator::open(etcd_options options, const clock_source& clock,
                       event_sink* events) {
  if (auto checked = check(options); !checked)
    return checked.failure();
  auto x = std::make_unique<worker>(std::move(options), clock, events);
  return std::unique_ptr<etcd_coordinator>{new etcd_coordinator{std::move(x)}};
}

etcd_coordinator::etcd_coordinator(std::unique_ptr<worker> x)
  : worker_(std::move(x)) {
  // nop
}

etcd_coordinator::~etcd_coordinator() = default;

void etcd_coordinator::range(std::string prefix,
                             callback<coordinator_range> then) {
  worker_->submit(std::move(then),
                  [prefix = std::move(prefix)](worker& x, auto answer,
                                               boot_time deadline) {
                    x.range(prefix, std::move(answer), deadline);
                  });
}

void etcd_coordinator::txn(coordinator_txn request,
                           callback<coordinator_txn_answer> then) {
  if (auto checked = check(request, worker_->limits()); !checked)
    return then(checked.failure());
  worker_->submit(std::move(then),
                  [request = std::move(request)](worker& x, auto answer,
                                                 boot_time deadline) {
                    x.txn(request, std::move(answer), deadline);
                  });
}

void etcd_coordinator::keep_alive(std::chrono::seconds ttl,
                                  callback<bool> then) {
  worker_->submit(std::move(then),
                  [ttl](worker& x, auto answer, boot_time deadline) {
                    x.keep_alive(ttl, std::move(answer), deadline);
                  });
}

void etcd_coordinator::watch(std::string prefix, std::function<void()> hint) {
  worker_->post([x = worker_.get(), prefix = std::move(prefix),
                 hint = std::move(hint)]() mutable {
    x->watch(std::move(prefix), std::move(hint));
  });
}

} // namespace muster
