// SPDX-License-Identifier: Apache-2.0
#include "cli/put_pipeline.hpp"

#include "cli/answers.hpp"
#include "runtime/http/target.hpp"
#include "runtime/pki/pki.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cassert>

namespace muster::cli {

namespace {

constexpr std::chrono::milliseconds attempt_timeout{5'000};
constexpr std::chrono::milliseconds retry_pause{100};
constexpr int poll_milliseconds = 50;

bool worth_another_try(errc x) {
  return x == errc::unavailable || x == errc::overloaded || x == errc::unknown
         || x == errc::timed_out;
}

} // namespace

struct put_pipeline::transfer {
  std::unique_ptr<CURL, void (*)(CURL*)> handle{curl_easy_init(),
                                                curl_easy_cleanup};
  std::unique_ptr<curl_slist, void (*)(curl_slist*)> headers{
    nullptr, curl_slist_free_all};
  size_t line = 0;
  loaded_record record;
  std::string answer;
  bool busy = false;
  /// Waits before it is sent again.
  std::optional<deadline> again;
};

put_pipeline::put_pipeline(server_address to, size_t parallel, deadline end)
  : to_(std::move(to)), parallel_(parallel), end_(end),
    multi_(curl_multi_init()) {
  assert(parallel > 0);
  // Without random bytes a second load could take the ids of this one.
  auto token = pki::random_token();
  if (token)
    run_id_ = token->substr(0, 16);
  else
    failure_ = token.failure();
  curl_multi_setopt(multi_, CURLMOPT_MAXCONNECTS, static_cast<long>(parallel));
}

put_pipeline::~put_pipeline() {
  for (auto& each : transfers_)
    curl_multi_remove_handle(multi_, each->handle.get());
  transfers_.clear();
  curl_multi_cleanup(multi_);
}

bool put_pipeline::put(size_t line, loaded_record x) {
  wait_for([&] {
    return failure_ || (in_flight_ < parallel_ && !keys_.contains(x.key));
  });
  if (failure_)
    return false;
  auto idle = std::find_if(transfers_.begin(), transfers_.end(),
                           [](auto& each) { return !each->busy; });
  if (idle == transfers_.end()) {
    transfers_.push_back(std::make_unique<transfer>());
    idle = transfers_.end() - 1;
  }
  auto& next = **idle;
  next.busy = true;
  next.line = line;
  keys_.insert(x.key);
  next.record = std::move(x);
  ++in_flight_;
  begin(next);
  run_once();
  return !failure_;
}

status put_pipeline::finish() {
  wait_for([this] { return in_flight_ == 0; });
  if (failure_)
    return *failure_;
  return ok();
}

void put_pipeline::begin(transfer& x) {
  x.again.reset();
  x.answer.clear();
  auto patience = std::min(end_.left(), attempt_timeout);
  auto server_patience = std::max<int64_t>(patience.count() * 9 / 10, 1);
  call request{.method = "PUT",
               .target = "/v1/records" + http::percent_encode(x.record.key)
                         + "?timeout=" + std::to_string(server_patience) + "ms",
               .body = x.record.value,
               .headers = {"Idempotency-Key: load-" + run_id_ + "-"
                           + std::to_string(x.line)},
               .timeout = patience};
  x.headers = prepare(x.handle.get(), to_, request, &x.answer);
  curl_easy_setopt(x.handle.get(), CURLOPT_PRIVATE, &x);
  curl_multi_add_handle(multi_, x.handle.get());
}

void put_pipeline::run_once() {
  int running = 0;
  curl_multi_perform(multi_, &running);
  int left = 0;
  while (auto message = curl_multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE)
      continue;
    transfer* done = nullptr;
    auto code = message->data.result;
    curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &done);
    curl_multi_remove_handle(multi_, message->easy_handle);
    complete(*done, code);
  }
  for (auto& each : transfers_)
    if (each->again && each->again->over())
      begin(*each);
}

void put_pipeline::complete(transfer& x, CURLcode code) {
  auto answered = outcome_of(x.handle.get(), code, std::move(x.answer), to_,
                             true);
  auto told = answered ? json_of(*answered) : result<json>{answered.failure()};
  if (!told && worth_another_try(told.failure().code) && !end_.over()
      && !failure_) {
    x.again.emplace(retry_pause);
    return;
  }
  if (told)
    ++applied_;
  else
    fail(x, told.failure());
  x.busy = false;
  keys_.erase(x.record.key);
  --in_flight_;
}

void put_pipeline::fail(const transfer& x, const error& why) {
  unknown_ += why.code == errc::unknown ? 1 : 0;
  if (x.line > failed_line_)
    return;
  failed_line_ = x.line;
  failure_ = error{why.code, "line " + std::to_string(x.line) + ", "
                               + x.record.key + ": " + why.message};
}

std::string put_pipeline::applied_text() const {
  if (applied_ + unknown_ == 0)
    return {};
  auto out = std::to_string(applied_) + " records";
  return unknown_ == 0
           ? out
           : out + ", and perhaps " + std::to_string(unknown_) + " more";
}

void put_pipeline::wait_for(const std::function<bool()>& condition) {
  while (!condition()) {
    curl_multi_poll(multi_, nullptr, 0, poll_milliseconds, nullptr);
    run_once();
  }
}

} // namespace muster::cli
