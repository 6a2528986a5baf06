// SPDX-License-Identifier: Apache-2.0

// How one process reaches the simulated coordinator: delays, and requests that
// fail before or after they took effect.

#include "tests/simulation/sim_coordinator.hpp"

namespace muster::sim {

/// The world keeps it after the death of its process: a request that is under
/// way still takes effect.
class sim_coordinator_port final : public coordinator {
public:
  sim_coordinator_port(sim_coordinator& all, process_ptr process)
    : all_(all), process_(std::move(process)) {
    // nop
  }

  void range(std::string prefix, callback<coordinator_range> then) override {
    if (fails()) {
      refuse(std::move(then), errc::unavailable);
      return;
    }
    request(
      [this, prefix = std::move(prefix), then = std::move(then)]() mutable {
        auto found = all_.range_now(prefix);
        ++all_.count_.reads;
        for (auto& x : found.entries)
          all_.count_.read_bytes += x.key.size() + x.value.size();
        answer(std::move(then), std::move(found));
      });
  }

  void txn(coordinator_txn x, callback<coordinator_txn_answer> then) override {
    all_.trace_.point(process_->id().value, "txn_asked");
    if (fails()) {
      // It was not sent, but not every client can tell.
      bool told = all_.random_.chance(500);
      refuse(std::move(then), told ? errc::unavailable : errc::unknown);
      return;
    }
    if (all_.random_.chance(all_.options_.unknown_permille)) {
      doubtful_txn(std::move(x), std::move(then));
      return;
    }
    request([this, x = std::move(x), then = std::move(then)]() mutable {
      if (bound_without_lease(x)) {
        then_deliver<coordinator_txn_answer>(std::move(then), lease_is_over());
        return;
      }
      // Applied, but a machine that lost its way meanwhile never hears it.
      answer(std::move(then), all_.apply(x, lease_), errc::unknown);
      all_.trace_.point(process_->id().value, "txn_applied");
    });
  }

  void keep_alive(std::chrono::seconds ttl, callback<bool> then) override {
    if (fails()) {
      refuse(std::move(then), errc::unavailable);
      return;
    }
    request([this, ttl, then = std::move(then)]() mutable {
      bool first = lease_ == 0;
      if (first || !all_.leases_.contains(lease_))
        lease_ = ++all_.last_lease_;
      bool was_live = all_.renew(lease_, ttl);
      answer(std::move(then), first || was_live);
    });
  }

  void watch(std::string prefix, std::function<void()> hint) override {
    all_.watchers_.push_back(
      {process_, process_->new_stream(), std::move(prefix), std::move(hint)});
  }

private:
  bool fails() {
    return !all_.reachable(process_->id())
           || all_.random_.chance(all_.options_.unavailable_permille);
  }

  /// Runs `x` at the coordinator, also if the process is dead by then.
  void request(std::function<void()> x) {
    all_.scheduler_.after(all_.delay(), std::move(x));
  }

  bool bound_without_lease(const coordinator_txn& x) const {
    if (lease_ != 0 && all_.leases_.contains(lease_))
      return false;
    for (const auto& put : x.puts)
      if (put.bound_to_lease)
        return true;
    return false;
  }

  static error lease_is_over() {
    return {errc::unavailable, "coordinator: the liveness lease is over"};
  }

  template <class T>
  void then_deliver(callback<T> then, result<T> x) {
    auto send = [to = process_, then = std::move(then), x = std::move(x)] {
      to->deliver(to->new_stream(), [then, x] { then(x); });
    };
    all_.scheduler_.after(all_.delay(), std::move(send));
  }

  template <class T>
  void refuse(callback<T> then, errc code) {
    auto wait = all_.random_.between(all_.options_.delay_min,
                                     all_.options_.deadline);
    auto send = [to = process_, then = std::move(then), code] {
      to->deliver(to->new_stream(), [then, code] {
        then(error{code, "coordinator: not reached"});
      });
    };
    all_.scheduler_.after(wait, std::move(send));
  }

  /// Answers, unless the way back was cut while the request was served.
  template <class T>
  void answer(callback<T> then, T x, errc if_cut = errc::unavailable) {
    if (all_.reachable(process_->id()))
      then_deliver(std::move(then), result<T>{std::move(x)});
    else
      refuse(std::move(then), if_cut);
  }

  void doubtful_txn(coordinator_txn x, callback<coordinator_txn_answer> then) {
    refuse(std::move(then), errc::unknown);
    auto fate = all_.random_.below(3);
    if (fate == 0)
      return;
    auto wait = fate == 1 ? all_.delay()
                          : all_.random_.between(all_.options_.delay_min,
                                                 all_.options_.late_max);
    all_.scheduler_.after(wait, [this, x = std::move(x)] {
      if (!bound_without_lease(x))
        all_.apply(x, lease_);
    });
  }

  sim_coordinator& all_;
  process_ptr process_;
  uint64_t lease_ = 0;
};

std::unique_ptr<coordinator>
sim_coordinator::connect(const process_ptr& process) {
  return std::make_unique<sim_coordinator_port>(*this, process);
}

} // namespace muster::sim
