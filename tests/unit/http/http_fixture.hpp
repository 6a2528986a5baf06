// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/server.hpp"
#include "runtime/placement/allocations.hpp"
#include "tests/unit/http/fake_machine.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>

#include <optional>
#include <thread>

namespace muster::testing {

/// A server over a fake machine on a free port, with its io thread.
class http_fixture {
public:
  http_fixture() {
    config.token = "secret";
    config.config_json = [] { return R"([{"name":"http.port"}])"; };
  }

  ~http_fixture() {
    node.release();
    if (served)
      served->stop();
    work_.reset();
    io_.stop();
    if (thread_.joinable())
      thread_.join();
    served.reset();
  }

  /// Call once, after the knobs are set.
  void start() {
    places.emplace(node, allocations_options{.ends = false});
    config.places = &*places;
    auto made = http::server::start(io_, node, config);
    REQUIRE(made);
    served = std::move(*made);
    thread_ = std::thread{[this] { io_.run(); }};
  }

  uint16_t port() const {
    auto& address = served->address();
    return static_cast<uint16_t>(
      std::stoi(address.substr(address.rfind(':') + 1)));
  }

  fake_machine node;
  http::options config;

private:
  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_{io_.get_executor()};
  std::thread thread_;

public:
  std::optional<allocations> places;
  std::unique_ptr<http::server> served;
};

} // namespace muster::testing
