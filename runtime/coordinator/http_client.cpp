// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/http_client.hpp"

#include <curl/curl.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <mutex>
#include <utility>

namespace muster {

namespace {

void prepare_libcurl() {
  static std::once_flag once;
  std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
}

struct easy_deleter {
  void operator()(CURL* x) const {
    curl_easy_cleanup(x);
  }
};

struct list_deleter {
  void operator()(curl_slist* x) const {
    curl_slist_free_all(x);
  }
};

/// How long a silent connection of a watch goes unnoticed if the machine at
/// the other end is gone: about half a minute.
constexpr long keep_alive_seconds = 10;

long count(std::chrono::milliseconds x) {
  return static_cast<long>(x.count());
}

} // namespace

/// One request on its way. Owned by `impl::transfers`; libcurl keeps its
/// address, so it never moves.
struct http_client::transfer {
  std::unique_ptr<CURL, easy_deleter> easy;
  std::unique_ptr<curl_slist, list_deleter> headers;
  http_request request;
  line each;
  done then;
  uint64_t id = 0;
  size_t bytes_max = 0;
  std::string received;
  std::array<char, CURL_ERROR_SIZE> failure{};

  bool take(std::string_view bytes) {
    received += bytes;
    if (each != nullptr && !take_lines())
      return false;
    return received.size() <= bytes_max;
  }

  bool take_lines() {
    for (;;) {
      auto end = received.find('\n');
      if (end == std::string::npos)
        return true;
      auto text = received.substr(0, end);
      received.erase(0, end + 1);
      if (!text.empty() && !each(text))
        return false;
    }
  }

  static size_t on_bytes(char* data, size_t size, size_t items, void* self) {
    auto bytes = size * items;
    auto taken = static_cast<transfer*>(self)->take({data, bytes});
    // Any other number ends the transfer.
    return taken ? bytes : bytes + 1;
  }
};

struct http_client::impl {
  http_identity identity;
  size_t bytes_max;
  CURLM* multi = curl_multi_init();
  std::map<CURL*, std::unique_ptr<transfer>> transfers;
  uint64_t last_id = 0;

  uint64_t start(http_request request, line each, done then);
  void set_up(transfer& x);
  void set_identity(CURL* easy);
  bool advance();
  void finish(CURL* easy, CURLcode code);
};

http_client::http_client(http_identity identity, size_t answer_bytes_max) {
  prepare_libcurl();
  impl_ = std::make_unique<impl>();
  impl_->identity = std::move(identity);
  impl_->bytes_max = answer_bytes_max;
  assert(impl_->multi != nullptr);
}

http_client::~http_client() {
  for (auto& [easy, x] : impl_->transfers)
    curl_multi_remove_handle(impl_->multi, easy);
  impl_->transfers.clear();
  curl_multi_cleanup(impl_->multi);
}

void http_client::post(http_request request, done then) {
  impl_->start(std::move(request), nullptr, std::move(then));
}

uint64_t http_client::stream(http_request request, line each, done then) {
  assert(each != nullptr);
  return impl_->start(std::move(request), std::move(each), std::move(then));
}

void http_client::cancel(uint64_t stream) {
  for (auto i = impl_->transfers.begin(); i != impl_->transfers.end(); ++i) {
    if (i->second->id == stream) {
      curl_multi_remove_handle(impl_->multi, i->first);
      impl_->transfers.erase(i);
      return;
    }
  }
}

void http_client::run_once(std::chrono::milliseconds patience) {
  // What ends now must not wait for something else to happen.
  if (impl_->advance())
    return;
  curl_multi_poll(impl_->multi, nullptr, 0, static_cast<int>(patience.count()),
                  nullptr);
  impl_->advance();
}

void http_client::wake() {
  curl_multi_wakeup(impl_->multi);
}

uint64_t http_client::impl::start(http_request request, line each, done then) {
  auto x = std::make_unique<transfer>();
  x->id = ++last_id;
  x->easy.reset(curl_easy_init());
  x->request = std::move(request);
  x->each = std::move(each);
  x->then = std::move(then);
  x->bytes_max = bytes_max;
  set_up(*x);
  auto easy = x->easy.get();
  transfers.emplace(easy, std::move(x));
  curl_multi_add_handle(multi, easy);
  return last_id;
}

void http_client::impl::set_up(transfer& x) {
  auto easy = x.easy.get();
  auto& request = x.request;
  // Without "Expect:", libcurl waits a second for a "100 Continue" that etcd
  // does not send before it sends a large body.
  for (auto name : {"Expect:", "Content-Type: application/json"})
    x.headers.reset(curl_slist_append(x.headers.release(), name));
  for (auto& name : request.headers)
    x.headers.reset(curl_slist_append(x.headers.release(), name.c_str()));
  curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(easy, CURLOPT_HTTPHEADER, x.headers.get());
  curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                   static_cast<curl_off_t>(request.body.size()));
  curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body.data());
  curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, count(request.timeout));
  curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS,
                   std::max(1L, count(request.connect_timeout)));
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &transfer::on_bytes);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, &x);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, x.failure.data());
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  // HTTP/2 has refused streams, which libcurl sends again.
  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  // A proxy of the environment must not come between.
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPALIVE, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPIDLE, keep_alive_seconds);
  curl_easy_setopt(easy, CURLOPT_TCP_KEEPINTVL, keep_alive_seconds);
  auto alone = request.at_most_once ? 1L : 0L;
  curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, alone);
  curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, alone);
  set_identity(easy);
}

void http_client::impl::set_identity(CURL* easy) {
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  if (!identity.ca_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, identity.ca_file.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);
  }
  if (!identity.certificate_file.empty()) {
    curl_easy_setopt(easy, CURLOPT_SSLCERT, identity.certificate_file.c_str());
    curl_easy_setopt(easy, CURLOPT_SSLKEY, identity.key_file.c_str());
  }
}

/// Returns whether a request has ended.
bool http_client::impl::advance() {
  int running = 0;
  curl_multi_perform(multi, &running);
  bool has_ended = false;
  int left = 0;
  while (auto message = curl_multi_info_read(multi, &left)) {
    if (message->msg == CURLMSG_DONE) {
      has_ended = true;
      finish(message->easy_handle, message->data.result);
    }
  }
  return has_ended;
}

void http_client::impl::finish(CURL* easy, CURLcode code) {
  auto i = transfers.find(easy);
  assert(i != transfers.end());
  auto x = std::move(i->second);
  transfers.erase(i);
  http_answer answer;
  if (code == CURLE_OK) {
    answer.how = http_answer::outcome::answered;
    curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &answer.status);
    answer.body = std::move(x->received);
  } else {
    long sent_bytes = 0;
    curl_easy_getinfo(easy, CURLINFO_REQUEST_SIZE, &sent_bytes);
    answer.how = sent_bytes == 0 ? http_answer::outcome::not_sent
                                 : http_answer::outcome::lost;
    answer.failure = x->failure[0] != '\0' ? x->failure.data()
                                           : curl_easy_strerror(code);
  }
  curl_multi_remove_handle(multi, easy);
  auto then = std::move(x->then);
  // The handle goes before the callback, which may start another request.
  x.reset();
  then(std::move(answer));
}

} // namespace muster
