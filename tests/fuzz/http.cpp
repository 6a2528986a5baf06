// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/routes.hpp"
#include "runtime/http/target.hpp"
#include "tests/fuzz/target.hpp"
#include "tests/unit/http/fake_machine.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http.hpp>

#include <future>

// A connection's bytes, read with the server's parser and answered by all of
// its routes, on a machine in memory. A request may follow another.

namespace muster::fuzz {

namespace {

namespace bhttp = boost::beast::http;

/// Runs everything on the fuzzer's thread but what a route gives to a worker.
class server {
public:
  server() : workers_(1, 4), routes_(config_, workers_) {
    add_record_routes(routes_, {node_, config_});
    add_command_routes(routes_, {node_, config_});
    add_cluster_routes(routes_, {node_, config_});
    add_watch_routes(routes_, {node_, config_});
    add_session_routes(routes_, {node_, config_});
    add_agent_routes(routes_, {node_, config_});
    add_inventory_routes(routes_, {node_, config_});
  }

  http::response answer(http::request x) {
    auto done = std::make_shared<std::promise<http::response>>();
    auto answered = done->get_future();
    routes_.handle(std::move(x),
                   [done](http::response y) { done->set_value(std::move(y)); });
    return answered.get();
  }

private:
  static http::options make_options() {
    http::options out;
    out.token = "t";
    out.request_timeout = out.request_timeout_max
      = std::chrono::milliseconds{50};
    out.config_json = [] { return "[]"; };
    return out;
  }

  testing::fake_machine node_;
  const http::options config_ = make_options();
  http::worker_pool workers_;
  http::router routes_;
};

http::method method_of(bhttp::verb x) {
  switch (x) {
    case bhttp::verb::get:
      return http::method::get;
    case bhttp::verb::put:
      return http::method::put;
    case bhttp::verb::post:
      return http::method::post;
    case bhttp::verb::delete_:
      return http::method::erase;
    default:
      return http::method::other;
  }
}

http::request request_of(const bhttp::request<bhttp::string_body>& x) {
  http::request out;
  out.verb = method_of(x.method());
  out.target = std::string{x.target()};
  out.authorization = std::string{x[bhttp::field::authorization]};
  out.idempotency_key = std::string{x["Idempotency-Key"]};
  out.body = x.body();
  out.arrived = std::chrono::steady_clock::now();
  return out;
}

void check_target(std::string_view text) {
  auto found = http::parse_target(text);
  if (!found)
    return;
  auto again = http::parse_target(http::percent_encode(found->path));
  require(again && again->path == found->path && again->query.empty(),
          "an encoded path is the same path");
}

/// Parses one request off `input`. @returns false if there is none
bool take_request(std::string_view& input, http::request& out) {
  bhttp::request_parser<bhttp::string_body> parser;
  parser.header_limit(4096);
  parser.body_limit(4096);
  parser.eager(true);
  boost::system::error_code ec;
  while (!parser.is_done()) {
    auto used = parser.put(boost::asio::buffer(input.data(), input.size()), ec);
    input.remove_prefix(used);
    if (ec || (used == 0 && !parser.is_done()))
      return false;
  }
  out = request_of(parser.get());
  return true;
}

} // namespace

bool run(std::string_view input) {
  server on;
  http::request x;
  auto any = false;
  for (auto left = 4; left > 0 && take_request(input, x); --left) {
    check_target(x.target);
    auto answer = on.answer(std::move(x));
    require(answer.status >= 200 && answer.status < 600, "a status");
    any = any || answer.status < 300;
  }
  return any;
}

std::vector<std::string> seeds() {
  auto body = [](const std::string& head, const std::string& text) {
    return head + " HTTP/1.1\r\nAuthorization: Bearer t\r\nContent-Length: "
           + std::to_string(text.size()) + "\r\n\r\n" + text;
  };
  auto get = [](const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\n\r\n";
  };
  return {
    body("PUT /v1/records/a/b", "v") + get("/v1/records/a/b?confirmed=true"),
    body("PUT /v1/records/a%20b?timeout=20ms", "\xff\xfe")
      + get("/v1/list?prefix=/"),
    body("POST /v1/commands",
         R"({"guards":[{"key":"/a","absent":true}],)"
         R"("operations":[{"put":{"key":"/a","value":{"x":1}}}]})")
      + get("/v1/commands?limit=5") + get("/v1/commands/m1.7.1"),
    body("POST /v1/commands",
         R"({"operations":[{"add":{"key":"/n","delta":-1,"floor":-9,)"
         R"("ceiling":9}},{"delete":{"key":"/n/x"}}]})"),
    body("POST /v1/commands",
         R"({"operations":[{"put":{"key":"/a","value_base64":"AA=="}}]})"),
    get("/v1/status") + get("/metrics") + get("/healthz") + get("/v1/config"),
    get("/v1/watch?prefix=/a"),
    body("PUT /v1/mirrors?prefix=/a", "") + get("/v1/mirrors"),
  };
}

} // namespace muster::fuzz
