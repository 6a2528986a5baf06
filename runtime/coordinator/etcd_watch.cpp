// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/etcd_watch.hpp"

#include <algorithm>
#include <utility>

namespace muster {

etcd_watch::etcd_watch(std::string prefix, std::function<void()> hint,
                       const etcd_options& options, etcd_session& etcd,
                       http_client& http, const clock_source& clock)
  : prefix_(std::move(prefix)), hint_(std::move(hint)), options_(options),
    session_(etcd), http_(http), clock_(clock), until_(clock.now()),
    pause_(options.watch_pause_min) {
  // nop
}

void etcd_watch::on_tick() {
  auto now = clock_.now();
  if (state_ == state::waiting) {
    if (now >= until_ && session_.ready())
      open();
    return;
  }
  auto is_overdue = state_ == state::opening && now >= until_;
  if (is_overdue)
    session_.on_broken_endpoint(endpoint_);
  // A stream to an endpoint that fails for others may be silent for ever.
  if (is_overdue || endpoint_ != session_.endpoint()) {
    http_.cancel(stream_);
    wait();
  }
}

void etcd_watch::open() {
  state_ = state::opening;
  until_ = clock_.now() + options_.limits.deadline;
  endpoint_ = session_.endpoint();
  request_ = session_.prepare("/v3/watch", etcd::encode_watch(prefix_));
  // A member that lost its leader ends the stream instead of going silent.
  request_.headers.emplace_back("Grpc-Metadata-hasleader: true");
  stream_ = http_.stream(
    request_, [this](std::string_view line) { return on_line(line); },
    [this](const http_answer&) { on_end(); });
}

bool etcd_watch::on_line(std::string_view line) {
  switch (etcd::decode_watch(line)) {
    case etcd::watch_line::created:
      state_ = state::open;
      pause_ = options_.watch_pause_min;
      hint_();
      return true;
    case etcd::watch_line::changed:
      hint_();
      return true;
    case etcd::watch_line::other:
      return true;
    case etcd::watch_line::log_in:
      session_.on_refused_token(request_);
      return false;
    case etcd::watch_line::ended:
      return false;
  }
  return false;
}

void etcd_watch::on_end() {
  session_.on_broken_endpoint(endpoint_);
  wait();
}

void etcd_watch::wait() {
  state_ = state::waiting;
  until_ = clock_.now() + pause_;
  pause_ = std::min(2 * pause_, options_.watch_pause_max);
}

} // namespace muster
