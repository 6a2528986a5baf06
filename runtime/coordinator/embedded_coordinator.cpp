// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/embedded_coordinator.hpp"

#include "runtime/coordinator/call_limit.hpp"
#include "runtime/coordinator/embedded_store.hpp"
#include "runtime/coordinator/options_check.hpp"
#include "runtime/coordinator/request_rules.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace muster {

namespace {

error unavailable(const std::string& why) {
  return error{errc::unavailable, "embedded coordinator: " + why};
}

} // namespace

/// The state behind the worker thread. Everything but the mailbox belongs to
/// that thread.
class embedded_coordinator::worker {
public:
  using job = std::function<void()>;

  worker(embedded_options options, std::unique_ptr<embedded_store> store,
         const clock_source& clock)
    : options_(std::move(options)), store_(std::move(store)), clock_(clock),
      limit_(options_.limits.queue_max), thread_([this] { run(); }) {
    // nop
  }

  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  ~worker() {
    {
      std::lock_guard guard{mutex_};
      is_stopping_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  const coordinator_options& limits() const {
    return options_.limits;
  }

  /// Answers with `what()`, on the worker, if the deadline has not passed.
  template <class T, class What>
  void submit(callback<T> then, What what) {
    auto counted = limit_.enter(then);
    if (!counted)
      return then(unavailable("its queue is full; nothing was done"));
    auto deadline = clock_.now() + options_.limits.deadline;
    auto is_accepted
      = post([this, what = std::move(what), deadline, then = *counted] {
          if (is_closing_ || clock_.now() > deadline)
            then(unavailable("the deadline passed in the queue"));
          else
            then(what());
        });
    if (!is_accepted)
      (*counted)(unavailable("it is closed"));
  }

  /// @returns false if the worker is stopping
  bool post(job x) {
    {
      std::lock_guard guard{mutex_};
      if (is_stopping_)
        return false;
      jobs_.push_back(std::move(x));
    }
    changed_.notify_one();
    return true;
  }

  // -- on the worker ----------------------------------------------------------

  result<coordinator_range> range(const std::string& prefix) {
    end_lease_if_over();
    return store_->range(prefix);
  }

  result<coordinator_txn_answer> txn(const coordinator_txn& request);
  result<bool> keep_alive(std::chrono::seconds ttl);
  void watch(std::string prefix, std::function<void()> hint);

private:
  struct watcher {
    std::string prefix;
    std::function<void()> hint;
  };

  void run();
  void end_lease_if_over();
  void hint(const std::vector<std::string>& keys);

  const embedded_options options_;
  const std::unique_ptr<embedded_store> store_;
  const clock_source& clock_;
  call_limit limit_;
  std::vector<watcher> watchers_;
  std::optional<boot_time> lease_end_;
  /// A lease has ended, and nobody was told yet.
  bool has_lost_one_ = false;
  /// The jobs that are left are to be refused.
  bool is_closing_ = false;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<job> jobs_;
  bool is_stopping_ = false;
  /// Last, so that the thread finds everything else in place.
  std::thread thread_;
};

void embedded_coordinator::worker::run() {
  while (!is_closing_) {
    std::vector<job> jobs;
    {
      std::unique_lock guard{mutex_};
      changed_.wait_for(guard, options_.expiry_poll,
                        [this] { return is_stopping_ || !jobs_.empty(); });
      jobs.swap(jobs_);
      is_closing_ = is_stopping_;
    }
    if (!is_closing_)
      end_lease_if_over();
    for (auto& x : jobs)
      x();
  }
}

result<coordinator_txn_answer>
embedded_coordinator::worker::txn(const coordinator_txn& request) {
  end_lease_if_over();
  auto is_bound = std::any_of(request.puts.begin(), request.puts.end(),
                              [](auto& x) { return x.bound_to_lease; });
  if (is_bound && !lease_end_)
    return unavailable("no liveness lease for a bound key; keep_alive first");
  auto change = store_->apply(request);
  if (!change)
    return change.failure();
  hint(change->keys);
  return change->answer;
}

result<bool>
embedded_coordinator::worker::keep_alive(std::chrono::seconds ttl) {
  end_lease_if_over();
  // Over, but its keys could not be deleted: the disk says no.
  if (lease_end_ && *lease_end_ <= clock_.now())
    return unavailable("the keys of an ended lease cannot be deleted");
  lease_end_ = clock_.now() + ttl;
  return !std::exchange(has_lost_one_, false);
}

void embedded_coordinator::worker::watch(std::string prefix,
                                         std::function<void()> x) {
  if (watchers_.size() >= options_.watches_max)
    return;
  // As etcd's: what changed before the watch began is worth one look.
  x();
  watchers_.push_back({std::move(prefix), std::move(x)});
}

void embedded_coordinator::worker::end_lease_if_over() {
  if (!lease_end_ || clock_.now() < *lease_end_)
    return;
  auto change = store_->drop_bound();
  // If the write failed the store refuses everything else as well.
  if (!change)
    return;
  lease_end_.reset();
  has_lost_one_ = true;
  hint(change->keys);
}

void embedded_coordinator::worker::hint(const std::vector<std::string>& keys) {
  for (auto& x : watchers_)
    if (std::any_of(keys.begin(), keys.end(), [&](const std::string& key) {
          return key.starts_with(x.prefix);
        }))
      x.hint();
}

// -- the port
// ------------------------------------------------------------------

result<std::unique_ptr<embedded_coordinator>>
embedded_coordinator::open(embedded_options options,
                           const clock_source& clock) {
  if (auto checked = check(options); !checked)
    return checked.failure();
  auto store = embedded_store::open(options);
  if (!store)
    return store.failure();
  // No process but this one can have a lease, and this one has none yet.
  if (auto dropped = (*store)->drop_bound(); !dropped)
    return dropped.failure();
  auto x = std::make_unique<worker>(std::move(options), *std::move(store),
                                    clock);
  return std::unique_ptr<embedded_coordinator>{
    new embedded_coordinator{std::move(x)}};
}

embedded_coordinator::embedded_coordinator(std::unique_ptr<worker> x)
  : worker_(std::move(x)) {
  // nop
}

embedded_coordinator::~embedded_coordinator() = default;

void embedded_coordinator::range(std::string prefix,
                                 callback<coordinator_range> then) {
  worker_->submit(std::move(then),
                  [x = worker_.get(), prefix = std::move(prefix)] {
                    return x->range(prefix);
                  });
}

void embedded_coordinator::txn(coordinator_txn request,
                               callback<coordinator_txn_answer> then) {
  if (auto checked = check(request, worker_->limits()); !checked)
    return then(checked.failure());
  worker_->submit(std::move(then),
                  [x = worker_.get(), request = std::move(request)] {
                    return x->txn(request);
                  });
}

void embedded_coordinator::keep_alive(std::chrono::seconds ttl,
                                      callback<bool> then) {
  worker_->submit(std::move(then),
                  [x = worker_.get(), ttl] { return x->keep_alive(ttl); });
}

void embedded_coordinator::watch(std::string prefix,
                                 std::function<void()> hint) {
  worker_->post([x = worker_.get(), prefix = std::move(prefix),
                 hint = std::move(hint)]() mutable {
    x->watch(std::move(prefix), std::move(hint));
  });
}

} // namespace muster
