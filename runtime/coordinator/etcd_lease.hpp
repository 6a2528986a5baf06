// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/etcd_session.hpp"
#include "runtime/ports/coordinator.hpp"

#include <vector>

namespace muster {

/// The liveness lease of this process in etcd: none, then granted, renewed,
/// and after it ended granted anew.
///
/// Not thread-safe; owned by one `etcd_coordinator`, whose worker calls it.
class etcd_lease {
public:
  explicit etcd_lease(etcd_session& etcd) : session_(etcd) {
    // nop
  }

  /// As `coordinator::keep_alive`. Calls that meet share one answer. A ttl
  /// other than the present lease's counts from the next lease.
  void keep_alive(std::chrono::seconds ttl, boot_time deadline,
                  coordinator::callback<bool> then);

  /// 0 = none.
  int64_t id() const {
    return id_;
  }

  /// A transaction learned that this lease has ended.
  void on_ended(int64_t id);

private:
  void renew();
  void on_renewed(etcd_reply reply);
  void grant();
  void on_granted(etcd_reply reply);
  void answer(const result<bool>& x);

  etcd_session& session_;
  int64_t id_ = 0;
  /// A lease has ended, and nobody was told yet.
  bool has_lost_one_ = false;
  std::chrono::seconds ttl_{0};
  boot_time deadline_;
  std::vector<coordinator::callback<bool>> waiting_;
};

} // namespace muster
