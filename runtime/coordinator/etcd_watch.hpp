// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/etcd_session.hpp"

#include <functional>
#include <string>

namespace muster {

/// One watched prefix: a stream that is opened again, after a pause, whenever
/// it breaks or the session turns to another endpoint. It starts "now", so
/// what happened between two streams is covered by one hint each time a
/// stream has begun.
///
///   waiting --pause over, token there--> opening --"created"--> open
///   opening, open --broken, refused, endpoint changed, no answer--> waiting
///
/// Not thread-safe; owned by one `etcd_coordinator`, whose worker calls it.
class etcd_watch {
public:
  etcd_watch(std::string prefix, std::function<void()> hint,
             const etcd_options& options, etcd_session& etcd, http_client& http,
             const clock_source& clock);

  etcd_watch(const etcd_watch&) = delete;
  etcd_watch& operator=(const etcd_watch&) = delete;

  /// Opens, or gives up, a stream if it is time.
  void on_tick();

  /// True: `on_tick` is needed again soon.
  bool is_waiting() const {
    return state_ != state::open;
  }

private:
  enum class state { waiting, opening, open };

  void open();
  bool on_line(std::string_view line);
  void on_end();
  void wait();

  std::string prefix_;
  std::function<void()> hint_;
  const etcd_options& options_;
  etcd_session& session_;
  http_client& http_;
  const clock_source& clock_;
  state state_ = state::waiting;
  /// waiting: when to open; opening: when to give up.
  boot_time until_;
  std::chrono::milliseconds pause_;
  uint64_t stream_ = 0;
  std::string endpoint_;
  http_request request_;
};

} // namespace muster
