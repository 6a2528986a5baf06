// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/server.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/http/http_fixture.hpp"
#include "tests/unit/http/raw_client.hpp"

#include <catch2/catch.hpp>

#include <future>

using namespace muster;
using muster::testing::eventually;
using muster::testing::raw_client;

namespace {

struct fixture : muster::testing::http_fixture {
  /// Sends one request on a connection of its own; returns the whole answer.
  std::string ask(const std::string& line, const std::string& headers = "",
                  const std::string& body = "") {
    raw_client client{port()};
    return client.exchange(text(line, headers, body));
  }

  /// A write with the right token.
  std::string write(const std::string& line, const std::string& body = "") {
    return ask(line, "Authorization: Bearer secret\r\n", body);
  }

  static std::string text(const std::string& line, const std::string& headers,
                          const std::string& body = "") {
    return line + " HTTP/1.1\r\nHost: x\r\n" + headers + "Content-Length: "
           + std::to_string(body.size()) + "\r\n\r\n" + body;
  }
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// The status of an answer.
int code(const std::string& answer) {
  return answer.size() < 12 ? 0 : std::stoi(answer.substr(9, 3));
}

} // namespace

TEST_CASE_METHOD(fixture, "server: a record is put, read, listed, deleted") {
  start();
  auto put = write("PUT /v1/records/a/b", "one");
  CHECK(code(put) == 200);
  CHECK(has(put, R"({"outcome":"committed","version":1,"command":"m1.7.1"})"));
  CHECK(has(ask("GET /v1/records/a/b"),
            R"({"key":"/a/b","value":"one","version":1,"epoch":3,)"
            R"("served_by":"m1","served_from":"copy"})"));
  CHECK(has(ask("GET /v1/records/a/b?confirmed"), R"("primary")"));
  CHECK(has(ask("GET /v1/list?prefix=/a/"), R"([{"key":"/a/b")"));
  CHECK(code(write("DELETE /v1/records/a/b?if_version=1")) == 200);
  auto absent = ask("GET /v1/records/a/b");
  CHECK(code(absent) == 404);
  CHECK(has(absent, R"("code":"not_found")"));
  CHECK(has(absent, R"("served_by":"m1")"));
}

TEST_CASE_METHOD(fixture, "server: keys with any letters") {
  start();
  CHECK(code(write("PUT /v1/records/a/%C3%A9%20%3F%23%25", "x")) == 200);
  CHECK(has(ask("GET /v1/list?prefix=/"), "\"/a/\xC3\xA9 ?#%\""));
}

TEST_CASE_METHOD(fixture, "server: values that are not UTF-8 come as base64") {
  start();
  CHECK(code(write("PUT /v1/records/a/b", std::string("\xFF\0x", 3))) == 200);
  auto found = ask("GET /v1/records/a/b");
  CHECK(has(found, R"("value_base64":"/wB4")"));
  CHECK_FALSE(has(found, R"("value":)"));
}

TEST_CASE_METHOD(fixture, "server: a guard that does not hold is refused") {
  start();
  CHECK(code(write("PUT /v1/records/a/b?if_absent", "1")) == 200);
  auto refused = write("PUT /v1/records/a/b?if_absent", "2");
  CHECK(code(refused) == 412);
  CHECK(has(refused, R"("outcome":"refused")"));
  CHECK(has(refused, R"("applied":"no")"));
  CHECK(code(write("PUT /v1/records/a/b?if_version=9", "2")) == 412);
  CHECK(has(ask("GET /v1/records/a/b"), R"("value":"1")"));
}

TEST_CASE_METHOD(fixture, "server: an unknown outcome says so") {
  node.answer_as = outcome::unknown;
  start();
  auto answer = write("PUT /v1/records/a/b", "1");
  CHECK(code(answer) == 504);
  CHECK(has(answer, R"("applied":"unknown")"));
}

TEST_CASE_METHOD(fixture, "server: the same Idempotency-Key applies once") {
  start();
  auto headers = "Authorization: bearer secret\r\nIdempotency-Key: k1\r\n";
  auto first = ask("PUT /v1/records/a/b", headers, "1");
  CHECK(has(first, R"("command":"=k1")"));
  CHECK(has(first, R"("born":0)"));
  auto again = ask("PUT /v1/records/a/b?born=0", headers, "1");
  CHECK(has(again, R"("version":1)"));
}

TEST_CASE_METHOD(fixture, "server: an Idempotency-Key of another command") {
  start();
  auto headers = "Authorization: bearer secret\r\nIdempotency-Key: k1\r\n";
  CHECK(code(ask("PUT /v1/records/a/b", headers, "1")) == 200);
  auto other = ask("PUT /v1/records/a/b", headers, "2");
  CHECK(code(other) == 422);
  CHECK(has(other, R"("outcome":"refused")"));
  CHECK(has(other, R"("code":"id_reused")"));
  CHECK(has(other, R"("applied":"no")"));
  CHECK(has(ask("GET /v1/records/a/b"), R"("value":"1")"));
}

TEST_CASE_METHOD(fixture, "server: every write needs the token") {
  start();
  for (auto line :
       {"PUT /v1/records/a/b", "DELETE /v1/records/a/b", "POST /v1/commands",
        "POST /v1/mirrors?prefix=/a", "DELETE /v1/mirrors?prefix=/a"}) {
    CHECK(code(ask(line)) == 401);
    CHECK(code(ask(line, "Authorization: Bearer secreT\r\n")) == 401);
    CHECK(code(ask(line, "Authorization: Bearer secret2\r\n")) == 401);
    CHECK(code(ask(line, "Authorization: Basic secret\r\n")) == 401);
    CHECK(code(ask(line, "Authorization: Bearer \r\n")) == 401);
  }
  CHECK(has(ask("GET /v1/list?prefix=/"), "[]"));
}

TEST_CASE_METHOD(fixture, "server: what is wrong with a request is said") {
  start();
  CHECK(code(ask("GET /v2")) == 404);
  CHECK(code(ask("GET /v1/recordsets")) == 404);
  for (auto verb : {"PUT", "DELETE"})
    for (auto path : {"/v1/sessions", "/v1/sessions/", "/v1/agents",
                      "/v1/agents/", "/v1/sessions/s/records"})
      CHECK(code(write(std::string{verb} + " " + path)) / 100 == 4);
  CHECK(code(ask("PATCH /v1/records/a/b")) == 405);
  CHECK(code(ask("GET /v1/records")) == 400);
  CHECK(code(ask("GET /v1/records/a//b")) == 400);
  CHECK(code(ask("GET /v1/records/%FF")) == 400);
  CHECK(code(ask("GET /v1/records/" + std::string(1024, 'k'))) == 400);
  CHECK(code(ask("GET /v1/records/a?timeout=soon")) == 400);
  CHECK(code(ask("GET /v1/records/a?timeout=61s")) == 400);
  CHECK(code(ask("GET /v1/records/a?confrimed")) == 400);
  CHECK(code(ask("GET /v1/records/a?confirmed=maybe")) == 400);
  CHECK(code(ask("GET /v1/list")) == 400);
  CHECK(code(ask("GET /v1/commands?limit=1001")) == 400);
  CHECK(code(write("PUT /v1/records/a?if_version=x")) == 400);
  CHECK(code(write("POST /v1/commands", "{}{}")) == 400);
  CHECK(code(ask("PUT /v1/records/a",
                 "Authorization: Bearer secret\r\nIdempotency-Key: "
                   + std::string(200, 'i') + "\r\n"))
        == 400);
}

TEST_CASE_METHOD(fixture, "server: a value is at most as large as allowed") {
  start();
  std::string largest(value_bytes_max, 'v');
  CHECK(code(write("PUT /v1/records/a/b", largest)) == 200);
  CHECK(code(write("PUT /v1/records/a/c", largest + "v")) == 413);
}

TEST_CASE_METHOD(fixture, "server: header and body have limits") {
  config.body_bytes_max = 1000;
  start();
  CHECK(code(write("PUT /v1/records/a/b", std::string(1000, 'v'))) == 200);
  CHECK(code(write("PUT /v1/records/a/b", std::string(100'000, 'v'))) == 413);
  CHECK(code(ask("GET /healthz", "X: " + std::string(20'000, 'x') + "\r\n"))
        == 431);
}

TEST_CASE_METHOD(fixture, "server: bytes that are not HTTP are answered 400") {
  start();
  raw_client client{port()};
  client.send(std::string("\x16\x03\x01\0\xFF garbage\r\n\r\n", 17));
  CHECK(code(client.read_to_end()) == 400);
  CHECK(code(ask("GET /healthz")) == 200);
}

TEST_CASE_METHOD(fixture, "server: a connection serves many requests") {
  start();
  raw_client client{port()};
  for (int i = 0; i < 3; ++i)
    CHECK(code(client.exchange(text("GET /healthz", ""))) == 200);
}

TEST_CASE_METHOD(fixture, "server: Expect: 100-continue is honoured") {
  start();
  raw_client client{port()};
  client.send(
    "PUT /v1/records/a/b HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n"
    "Authorization: Bearer secret\r\nExpect: 100-continue\r\n\r\n");
  CHECK(code(client.read_until("\r\n\r\n")) == 100);
  client.send("1");
  CHECK(has(client.read_until("committed"), "committed"));
}

TEST_CASE_METHOD(fixture, "server: connections beyond the limit get 503") {
  config.connections_max = 2;
  start();
  raw_client first{port()};
  raw_client second{port()};
  CHECK(code(first.exchange(text("GET /healthz", ""))) == 200);
  CHECK(code(second.exchange(text("GET /healthz", ""))) == 200);
  CHECK(code(raw_client{port()}.read_to_end()) == 503);
}

TEST_CASE_METHOD(fixture, "server: reads that wait are bounded") {
  node.hold_reads = true;
  config.workers = 1;
  config.worker_queue_max = 1;
  start();
  raw_client running{port()};
  raw_client one{port()};
  raw_client other{port()};
  running.send(text("GET /v1/records/a", ""));
  REQUIRE(eventually([&] { return node.reads_waiting() == 1; }));
  one.send(text("GET /v1/records/a?timeout=1ms", ""));
  other.send(text("GET /v1/records/a?timeout=1ms", ""));
  // Whoever came second finds the queue full.
  REQUIRE(eventually([&] { return one.has_answer() || other.has_answer(); }));
  // By the time at which a worker is free, its own time is over.
  auto over = std::chrono::steady_clock::now() + std::chrono::milliseconds{1};
  REQUIRE(eventually([&] { return std::chrono::steady_clock::now() > over; }));
  // The io thread is free all the while.
  CHECK(code(ask("GET /healthz")) == 200);
  CHECK(code(write("PUT /v1/records/a", "1")) == 200);
  node.release();
  CHECK(code(running.read_until("}")) == 200);
  auto both = one.read_until("}}") + other.read_until("}}");
  CHECK(has(both, "overloaded"));
  CHECK(has(both, "timed_out"));
}

TEST_CASE_METHOD(fixture, "server: a read ends at its timeout") {
  node.hold_reads = true;
  start();
  CHECK(code(ask("GET /v1/records/a?timeout=20ms")) == 504);
}

TEST_CASE_METHOD(fixture, "server: commands are run, listed and explained") {
  start();
  auto ran = write("POST /v1/commands",
                   R"({"operations":[{"add":{"key":"/n","delta":5}}]})");
  CHECK(has(ran, R"("counters":[5])"));
  CHECK(has(ask("GET /v1/commands"), R"([{"command":"m1.7.1")"));
  auto story = ask("GET /v1/commands/m1.7.1");
  CHECK(has(story, R"("reason":"copy of prefix","prefix":"/machines",)"
                   R"("enlisted_by":"m1")"));
  CHECK(code(ask("GET /v1/commands/m1.7.99")) == 404);
}

TEST_CASE_METHOD(fixture, "server: mirrors are pinned and dropped") {
  start();
  CHECK(has(write("POST /v1/mirrors?prefix=/machines/"), R"("/machines")"));
  CHECK(has(ask("GET /v1/mirrors"), R"([{"prefix":"/machines"}])"));
  CHECK(code(write("DELETE /v1/mirrors?prefix=/machines")) == 200);
  CHECK(code(write("DELETE /v1/mirrors?prefix=/machines")) == 404);
}

TEST_CASE_METHOD(fixture, "server: status, configuration, metrics, health") {
  start();
  CHECK(has(ask("GET /v1/status"),
            R"("machines":[{"id":"m1","role":"machine","state":"serving",)"
            R"("pid":4242,"address":"127.0.0.1:4100")"));
  CHECK(has(ask("GET /v1/config"), "http.port"));
  CHECK(has(ask("GET /metrics"), "muster_fake_total 1"));
  CHECK(code(ask("GET /readyz")) == 200);
}

TEST_CASE_METHOD(fixture, "server: a watch tells of changes as they come") {
  start();
  raw_client client{port()};
  client.send(text("GET /v1/watch?prefix=/a", ""));
  CHECK(has(client.read_until("event: position"), "text/event-stream"));
  write("PUT /v1/records/a/b", "1");
  write("PUT /v1/records/other", "1");
  write("DELETE /v1/records/a/b");
  auto seen = client.read_until(R"("deleted":true)");
  CHECK(has(seen, R"(data: {"key":"/a/b","value":"1","version":1,"shard":0})"));
  CHECK(has(seen, "event: change\nid: 1/0:1\n"));
  CHECK_FALSE(has(seen, "other"));
}

TEST_CASE_METHOD(fixture, "server: a watch goes on from a position") {
  start();
  using kind = muster::watch_event::kind;
  raw_client client{port()};
  client.send(
    "GET /v1/watch?prefix=/a&from=1/0:3 HTTP/1.1\r\nHost: x\r\n"
    "Last-Event-ID: 1/0:7\r\n\r\n");
  // What a browser says counts: it has seen more.
  CHECK(has(client.read_until("data: {}"), "event: position\nid: 1/0:7\n"));
  auto tell = [&](kind what, std::optional<muster::sequence> resume) {
    node.tell({what, {}, false, "why", muster::sequence{9}, {}, resume});
  };
  tell(kind::compacted, {});
  client.read_until("event: compacted\nid: 1/0:7\n");
  tell(kind::current, muster::sequence{9});
  client.read_until("event: current\nid: 1/0:9\n");
  tell(kind::ended, {});
  CHECK(has(client.read_to_end(), R"("code":"unavailable","message":"why")"));
  CHECK(code(ask("GET /v1/watch?prefix=/a&from=1:1")) == 400);
}

TEST_CASE_METHOD(fixture, "server: a watcher that goes is forgotten") {
  config.watches_max = 1;
  start();
  {
    raw_client client{port()};
    client.send(text("GET /v1/watch?prefix=/", ""));
    client.read_until(": connected");
    CHECK(code(ask("GET /v1/watch?prefix=/")) == 503);
  }
  CHECK(eventually([&] { return node.watchers() == 0; }));
}

TEST_CASE_METHOD(fixture, "server: stop answers what runs and cuts watches") {
  node.hold_reads = true;
  start();
  raw_client watcher{port()};
  watcher.send(text("GET /v1/watch?prefix=/", ""));
  watcher.read_until(": connected");
  raw_client idle{port()};
  raw_client reader{port()};
  reader.send(text("GET /v1/records/a", ""));
  REQUIRE(eventually([&] { return node.reads_waiting() == 1; }));
  auto stopped = std::async(std::launch::async, [&] { served->stop(); });
  CHECK(has(watcher.read_to_end(), "event: cut"));
  CHECK(idle.read_to_end().empty());
  node.release();
  CHECK(code(reader.read_to_end()) == 404);
  stopped.wait();
}

TEST_CASE_METHOD(fixture, "server: a port in use is an error") {
  start();
  auto other = config;
  other.port = port();
  boost::asio::io_context io;
  auto second = http::server::start(io, node, other);
  REQUIRE_FALSE(second);
  CHECK(second.failure().code == errc::in_use);
}
