// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/workload.hpp"

#include <iterator>

namespace muster::nemesis {

namespace {

constexpr const char* pinned_prefix = "/pinned";
constexpr const char* other_prefix = "/read";

} // namespace

std::vector<std::string> keys_of(const workload_options& x) {
  std::vector<std::string> out;
  for (size_t i = 0; i < x.keys; ++i)
    out.push_back((i % 2 == 0 ? pinned_prefix : other_prefix)
                  + std::string{"/k"} + std::to_string(i));
  return out;
}

workload::workload(const workload_options& options,
                   const std::vector<cli::server_address>& machines)
  : pinner_(machines, pinned_prefix),
    policies_(options.seed, pinned_prefix, machines) {
  sim::sim_random random{options.seed};
  for (size_t i = 1; i <= options.clients; ++i) {
    client_options each{.name = "c" + std::to_string(i),
                        .seed = random.fork(i).next(),
                        .keys = keys_of(options),
                        .shards = options.shards};
    clients_.push_back(std::make_unique<client>(std::move(each), machines));
  }
  for (size_t i = 1; i <= options.transactors; ++i)
    transactors_.push_back(std::make_unique<transactor>(
      "t" + std::to_string(i), random.fork(1000 + i).next(), machines));
  for (size_t i = 1; i <= options.owners; ++i)
    owners_.push_back(std::make_unique<session_owner>(
      "o" + std::to_string(i), random.fork(2000 + i).next(), machines));
  for (auto& each : clients_)
    threads_.emplace_back([this, &each = *each] { each.run(stop_); });
  for (auto& each : transactors_)
    threads_.emplace_back([this, &each = *each] { each.run(stop_); });
  for (auto& each : owners_)
    threads_.emplace_back([this, &each = *each] { each.run(stop_); });
  threads_.emplace_back([this] { policies_.run(stop_); });
  for (size_t i = 0; i < machines.size(); ++i)
    threads_.emplace_back([this, i] { pinner_.run(i, stop_); });
}

workload::~workload() {
  stop();
}

sim::history workload::stop() {
  stop_.set();
  for (auto& each : threads_)
    each.join();
  threads_.clear();
  sim::history out;
  for (auto& each : clients_) {
    auto part = each->take_history();
    std::move(part.begin(), part.end(), std::back_inserter(out));
  }
  clients_.clear();
  return out;
}

} // namespace muster::nemesis
