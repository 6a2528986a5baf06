// SPDX-License-Identifier: Apache-2.0
#include "cli/http_call.hpp"

namespace muster::cli {

namespace {

/// No answer of a machine is larger; bounds memory if it is not a machine.
constexpr size_t body_bytes_max = size_t{256} << 20;

/// How much earlier than asked libcurl may end a call.
constexpr std::chrono::milliseconds rounding{20};

size_t append_body(char* data, size_t, size_t size, void* to) {
  auto& body = *static_cast<std::string*>(to);
  if (body.size() + size > body_bytes_max)
    return 0;
  body.append(data, size);
  return size;
}

/// Cuts a stream into lines.
struct line_reader {
  std::function<bool(std::string_view)> line;
  std::string rest;
  bool ended = false;

  bool take(std::string_view bytes) {
    rest.append(bytes);
    if (rest.size() > body_bytes_max)
      return false;
    size_t begin = 0;
    for (auto end = rest.find('\n'); end != std::string::npos;
         end = rest.find('\n', begin)) {
      ended = ended || !line(std::string_view{rest}.substr(begin, end - begin));
      begin = end + 1;
      if (ended)
        return false;
    }
    rest.erase(0, begin);
    return true;
  }
};

size_t append_lines(char* data, size_t, size_t size, void* to) {
  return static_cast<line_reader*>(to)->take({data, size}) ? size : 0;
}

/// Not 0 ends the transfer.
int ask_for_end(void* enough, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return (*static_cast<std::function<bool()>*>(enough))() ? 1 : 0;
}

/// Whether surely no byte of the request left.
bool never_sent(CURL* handle, CURLcode code) {
  long sent = 0;
  curl_easy_getinfo(handle, CURLINFO_REQUEST_SIZE, &sent);
  return sent == 0 || code == CURLE_COULDNT_CONNECT;
}

long status_of(CURL* handle) {
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  return status;
}

} // namespace

std::string server_address::text() const {
  return machine.empty() ? http : machine + " (" + http + ")";
}

std::unique_ptr<curl_slist, void (*)(curl_slist*)>
prepare(CURL* handle, const server_address& to, const call& x,
        std::string* body) {
  curl_easy_reset(handle);
  auto url = "http://" + to.http + x.target;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, x.method.c_str());
  curl_easy_setopt(handle, CURLOPT_PROTOCOLS_STR, "http");
  // A proxy of the environment would see records and tokens.
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(handle, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(handle, CURLOPT_TIMEOUT_MS,
                   static_cast<long>(x.timeout.count()));
  if (x.at_most_once)
    curl_easy_setopt(handle, CURLOPT_FRESH_CONNECT, 1L);
  if (x.method == "PUT" || x.method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(x.body.size()));
    curl_easy_setopt(handle, CURLOPT_COPYPOSTFIELDS, x.body.data());
  }
  // Waiting for `100 Continue` would cost a round trip.
  auto list = curl_slist_append(nullptr, "Expect:");
  list = curl_slist_append(list, "Content-Type: application/octet-stream");
  if (x.method != "GET" && !to.token.empty())
    list = curl_slist_append(list,
                             ("Authorization: Bearer " + to.token).c_str());
  for (auto& each : x.headers)
    list = curl_slist_append(list, each.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, list);
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, body);
  return {list, curl_slist_free_all};
}

result<reply> outcome_of(CURL* handle, CURLcode code, std::string body,
                         const server_address& to, bool is_write) {
  if (code == CURLE_OK)
    return reply{status_of(handle), std::move(body)};
  std::string why = curl_easy_strerror(code);
  if (never_sent(handle, code))
    return error{errc::unavailable, to.text() + " cannot be reached: " + why
                                      + " (is the machine running?)"};
  if (is_write)
    return error{errc::unknown, to.text() + " got the request and did not "
                                            "answer: " + why};
  return error{code == CURLE_OPERATION_TIMEDOUT ? errc::timed_out
                                                : errc::unavailable,
               to.text() + " does not answer: " + why};
}

http_caller::http_caller(server_address to)
  : to_(std::move(to)), handle_(curl_easy_init(), curl_easy_cleanup) {
  // nop
}

http_caller::~http_caller() = default;

result<reply> http_caller::send(const call& x) {
  std::string body;
  auto headers = prepare(handle_.get(), to_, x, &body);
  auto code = curl_easy_perform(handle_.get());
  answered_ = answered_ || code == CURLE_OK;
  return outcome_of(handle_.get(), code, std::move(body), to_,
                    x.method != "GET");
}

result<stream_end>
http_caller::stream(const call& x, std::chrono::seconds silence,
                    std::function<bool(std::string_view)> line,
                    std::function<bool()> enough) {
  using cause = stream_end::cause;
  line_reader reader{std::move(line), {}};
  auto headers = prepare(handle_.get(), to_, x, nullptr);
  curl_easy_setopt(handle_.get(), CURLOPT_WRITEFUNCTION, append_lines);
  curl_easy_setopt(handle_.get(), CURLOPT_WRITEDATA, &reader);
  curl_easy_setopt(handle_.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(handle_.get(), CURLOPT_LOW_SPEED_TIME,
                   static_cast<long>(silence.count()));
  curl_easy_setopt(handle_.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(handle_.get(), CURLOPT_XFERINFODATA, &enough);
  curl_easy_setopt(handle_.get(), CURLOPT_XFERINFOFUNCTION, ask_for_end);
  deadline end{x.timeout};
  auto code = curl_easy_perform(handle_.get());
  reader.ended = reader.ended || code == CURLE_ABORTED_BY_CALLBACK;
  answered_ = answered_ || status_of(handle_.get()) != 0;
  // The same code also says that nothing came for `silence`. libcurl counts in
  // milliseconds, and may end that much before our clock.
  bool timed_out = code == CURLE_OPERATION_TIMEDOUT && end.left() <= rounding;
  stream_end ended{status_of(handle_.get()), std::move(reader.rest),
                   reader.ended ? cause::enough
                   : timed_out  ? cause::time_over
                                : cause::by_server};
  if (reader.ended || (timed_out && ended.status == 200) || code == CURLE_OK)
    return ended;
  auto failed = outcome_of(handle_.get(), code, {}, to_, false);
  return failed.failure();
}

} // namespace muster::cli
