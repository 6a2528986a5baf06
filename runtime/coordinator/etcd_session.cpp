// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/etcd_session.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster {

using std::chrono::milliseconds;

struct etcd_session::operation {
  etcd_call call;
  callback then;
  bool is_login = false;
  /// Of the attempt under way.
  size_t endpoint = 0;
  std::string token;
  /// Endpoints that this call has tried in vain.
  size_t failures = 0;
  bool has_logged_in_again = false;
};

namespace {

constexpr long http_ok = 200;

milliseconds at_least_one(nanoseconds x) {
  return std::max(milliseconds{1}, std::chrono::duration_cast<milliseconds>(x));
}

} // namespace

etcd_session::etcd_session(const etcd_options& options, http_client& http,
                           const clock_source& clock, event_sink* events)
  : options_(options), http_(http), clock_(clock), events_(events) {
  assert(!options_.endpoints.empty());
}

void etcd_session::call(etcd_call request, callback then) {
  auto x = std::make_shared<operation>();
  x->call = std::move(request);
  x->then = std::move(then);
  if (is_closed_)
    return fail(x, errc::unavailable, "this coordinator is being closed");
  waiting_.push_back(std::move(x));
  pump();
}

void etcd_session::on_tick() {
  expire();
  pump();
}

void etcd_session::close() {
  is_closed_ = true;
  auto waiting = std::exchange(waiting_, {});
  auto sent = std::exchange(sent_, {});
  for (auto& x : waiting)
    fail(x, errc::unavailable, "this coordinator is being closed");
  for (auto& x : sent)
    fail(x, x->call.is_transaction ? errc::unknown : errc::unavailable,
         "this coordinator is being closed");
}

// -- streams
// -------------------------------------------------------------------

bool etcd_session::ready() {
  if (!needs_login())
    return true;
  start_login();
  return false;
}

http_request etcd_session::prepare(const std::string& path,
                                   std::string body) const {
  http_request request;
  request.url = endpoint() + path;
  request.body = std::move(body);
  request.connect_timeout = options_.limits.deadline;
  if (!token_.empty())
    request.headers.push_back("Authorization: " + token_);
  return request;
}

void etcd_session::on_broken_endpoint(const std::string& endpoint) {
  if (endpoint == options_.endpoints[endpoint_])
    use_next(endpoint_, "a watch ended");
}

void etcd_session::on_refused_token(const http_request& request) {
  for (auto& header : request.headers)
    if (header == "Authorization: " + token_)
      return forget_token(token_);
}

// -- a call's way
// --------------------------------------------------------------

void etcd_session::pump() {
  if (waiting_.empty())
    return;
  if (needs_login())
    return start_login();
  while (!waiting_.empty() && sent_.size() < options_.connections_max) {
    auto x = std::move(waiting_.front());
    waiting_.pop_front();
    send(x);
  }
}

/// What waits has never been sent, or etcd said that it did nothing.
void etcd_session::expire() {
  auto now = clock_.now();
  std::deque<operation_ptr> late;
  auto is_late = [&](const operation_ptr& x) {
    return x->call.deadline <= now;
  };
  std::copy_if(waiting_.begin(), waiting_.end(), std::back_inserter(late),
               is_late);
  std::erase_if(waiting_, is_late);
  for (auto& x : late)
    fail(x, errc::unavailable,
         needs_login() ? "etcd has not answered the login in time"
                       : "etcd is slow: the deadline passed in the queue");
}

void etcd_session::send(const operation_ptr& x) {
  auto left = x->call.deadline - clock_.now();
  if (left <= nanoseconds{0})
    return fail(x, errc::unavailable, "no endpoint answered in time");
  x->endpoint = endpoint_;
  x->token = x->is_login ? std::string{} : token_;
  auto request = prepare(x->call.path, x->call.body);
  if (x->is_login)
    request.headers.clear();
  // Of the time left, one that hangs must not take the share of the others. A
  // transaction has one try: once sent it waits for its answer to the end.
  auto others = options_.endpoints.size() - x->failures;
  auto share = left / static_cast<int64_t>(others);
  request.connect_timeout = at_least_one(share);
  request.timeout = at_least_one(x->call.is_transaction ? left : share);
  request.at_most_once = x->call.is_transaction;
  sent_.push_back(x);
  http_.post(std::move(request), [this, x](http_answer answer) {
    std::erase(sent_, x);
    on_answer(x, std::move(answer));
    pump();
  });
}

void etcd_session::on_answer(const operation_ptr& x, http_answer answer) {
  if (answer.how != http_answer::outcome::answered)
    return on_failure(x, answer.how == http_answer::outcome::lost,
                      answer.failure);
  if (!is_reachable_)
    note(severity::info, "coordinator_reached",
         "endpoint=" + options_.endpoints[x->endpoint]);
  is_reachable_ = true;
  if (answer.status == http_ok)
    return finish(x, {std::move(answer.body)});
  on_refusal(x, etcd::decode_refusal(answer.body));
}

void etcd_session::on_failure(const operation_ptr& x, bool sent,
                              const std::string& why) {
  use_next(x->endpoint, why);
  if (sent && x->call.is_transaction)
    return fail(x, errc::unknown, why);
  ++x->failures;
  if (x->failures < options_.endpoints.size())
    return send(x);
  fail(x, errc::unavailable, why);
}

void etcd_session::on_refusal(const operation_ptr& x,
                              const etcd::refusal& why) {
  auto reaction = etcd::react_to(why);
  switch (reaction) {
    case etcd::reaction::log_in:
      return log_in_and_repeat(x, why);
    case etcd::reaction::give_up_denied:
      return fail(x, errc::denied, why.message, reaction);
    case etcd::reaction::give_up_invalid:
      return fail(x, errc::invalid_argument, why.message, reaction);
    case etcd::reaction::lease_ended:
    case etcd::reaction::no_login_needed:
      return fail(x, errc::unavailable, why.message, reaction);
    case etcd::reaction::try_later:
      return on_failure(x, false, why.message);
    case etcd::reaction::in_doubt:
      return on_failure(x, true, why.message);
  }
}

void etcd_session::log_in_and_repeat(const operation_ptr& x,
                                     const etcd::refusal& why) {
  if (options_.user.empty())
    return fail(x, errc::denied, why.message + "; etcd asks for a password");
  if (x->is_login || x->has_logged_in_again)
    return fail(x, errc::unavailable, why.message + " after a fresh login");
  x->has_logged_in_again = true;
  forget_token(x->token);
  waiting_.push_front(x);
}

void etcd_session::finish(const operation_ptr& x, etcd_reply reply) {
  assert(x->then != nullptr);
  auto then = std::exchange(x->then, nullptr);
  then(std::move(reply));
}

void etcd_session::fail(const operation_ptr& x, errc code,
                        const std::string& why, etcd::reaction reason) {
  auto text = "etcd " + x->call.path + " at " + options_.endpoints[x->endpoint]
              + ": " + why;
  finish(x, {error{code, std::move(text)}, reason});
}

void etcd_session::use_next(size_t failed, const std::string& why) {
  // Of several calls that fail together only the first one moves on.
  if (failed != endpoint_)
    return;
  if (is_reachable_)
    note(severity::warning, "coordinator_endpoint_failed",
         "endpoint=" + options_.endpoints[failed] + " why=" + why);
  is_reachable_ = false;
  endpoint_ = (endpoint_ + 1) % options_.endpoints.size();
}

// -- login
// ---------------------------------------------------------------------

bool etcd_session::needs_login() const {
  return !options_.user.empty() && !has_logged_in_;
}

void etcd_session::forget_token(const std::string& token) {
  if (token == token_)
    has_logged_in_ = false;
}

void etcd_session::start_login() {
  if (login_is_running_ || is_closed_)
    return;
  login_is_running_ = true;
  auto x = std::make_shared<operation>();
  x->is_login = true;
  x->call = {"/v3/auth/authenticate",
             etcd::encode_login(options_.user, options_.password),
             clock_.now() + options_.limits.deadline, false};
  x->then = [this](etcd_reply reply) { on_login(std::move(reply)); };
  send(x);
}

void etcd_session::on_login(etcd_reply reply) {
  login_is_running_ = false;
  auto token = reply.text ? etcd::decode_login(*reply.text) : std::nullopt;
  if (token || reply.reason == etcd::reaction::no_login_needed) {
    token_ = token.value_or("");
    has_logged_in_ = true;
    return;
  }
  auto why = reply.text ? error{errc::unavailable, "etcd gave no token"}
                        : reply.text.failure();
  note(severity::error, "coordinator_login_failed", "why=" + why.message);
  for (auto& x : std::exchange(waiting_, {}))
    fail(x, why.code, why.message);
}

void etcd_session::note(severity level, std::string_view what,
                        std::string detail) {
  if (events_ != nullptr && events_->wants(level))
    events_->note(level, what, std::move(detail));
}

} // namespace muster
