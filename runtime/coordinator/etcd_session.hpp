// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/coordinator/etcd_codec.hpp"
#include "runtime/coordinator/http_client.hpp"
#include "runtime/coordinator/options.hpp"
#include "runtime/ports/clock.hpp"
#include "runtime/ports/events.hpp"

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace muster {

/// A request to etcd, whichever of its endpoints.
struct etcd_call {
  /// Such as `/v3/kv/range`.
  std::string path;
  std::string body;
  /// When its callback comes at the latest.
  boot_time deadline;
  /// True: it must never be sent twice, and an outcome that is not known is
  /// `unknown`. False: it may be repeated at another endpoint, and every
  /// failure is `unavailable`.
  bool is_transaction = false;
};

/// What etcd said: the text of its answer, or why there is none. `reason`
/// tells two `unavailable` apart.
struct etcd_reply {
  result<std::string> text;
  etcd::reaction reason = etcd::reaction::try_later;
};

/// Carries calls to an etcd cluster: picks the endpoint, logs in, sends a call
/// again where that is safe, and says of every failure whether the call may
/// have been applied.
///
/// One endpoint is in use until it fails; then the next one is. A call tries
/// each endpoint once. A token is one for the whole cluster; etcd forgets it
/// when it restarts and says so (code 16) before it does anything: the session
/// logs in and sends the call once more.
///
/// Invariants:
/// 1. Every call gets exactly one callback, by its deadline (give or take the
///    owner's loop).
/// 2. A transaction's bytes are sent a second time only after etcd or the
///    network proved that the first did nothing.
/// 3. At most `connections_max` calls are sent and unanswered.
///
/// Not thread-safe; owned by one `etcd_coordinator`, whose worker calls it.
class etcd_session {
public:
  using callback = std::function<void(etcd_reply)>;

  /// @param events  may be null
  etcd_session(const etcd_options& options, http_client& http,
               const clock_source& clock, event_sink* events);

  void call(etcd_call request, callback then);

  /// Expires and sends what waits. Call it after each `http_client::run_once`.
  void on_tick();

  /// True if calls wait for something other than the network.
  bool is_waiting() const {
    return !waiting_.empty();
  }

  /// Fails all calls: `unknown` for transactions that were sent.
  void close();

  // -- for streams, which the session does not carry --------------------------

  /// False: there is no token yet; the session is getting one.
  bool ready();

  /// A request for `path` at the endpoint in use.
  http_request prepare(const std::string& path, std::string body) const;

  /// The endpoint that `prepare` would use.
  const std::string& endpoint() const {
    return options_.endpoints[endpoint_];
  }

  /// A stream to this endpoint broke: use the next one.
  void on_broken_endpoint(const std::string& endpoint);

  /// etcd did not accept the token of this request.
  void on_refused_token(const http_request& request);

private:
  struct operation;
  using operation_ptr = std::shared_ptr<operation>;

  void pump();
  void expire();
  void send(const operation_ptr& x);
  void on_answer(const operation_ptr& x, http_answer answer);
  void on_failure(const operation_ptr& x, bool sent, const std::string& why);
  void on_refusal(const operation_ptr& x, const etcd::refusal& why);
  void log_in_and_repeat(const operation_ptr& x, const etcd::refusal& why);
  void finish(const operation_ptr& x, etcd_reply reply);
  void fail(const operation_ptr& x, errc code, const std::string& why,
            etcd::reaction reason = etcd::reaction::try_later);
  void use_next(size_t failed, const std::string& why);
  void forget_token(const std::string& token);
  bool needs_login() const;
  void start_login();
  void on_login(etcd_reply reply);
  void note(severity level, std::string_view what, std::string detail);

  const etcd_options& options_;
  http_client& http_;
  const clock_source& clock_;
  event_sink* events_;
  size_t endpoint_ = 0;
  std::string token_;
  bool has_logged_in_ = false;
  bool login_is_running_ = false;
  bool is_reachable_ = true;
  bool is_closed_ = false;
  std::deque<operation_ptr> waiting_;
  std::deque<operation_ptr> sent_;
};

} // namespace muster
