// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/http/json.hpp"

#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
} // namespace CLI

namespace muster::cli {

/// What is wanted, as the options have it; empty: not given.
struct request_options {
  std::string capacity;
  std::string latency;
  std::string bandwidth;
  std::optional<uint32_t> hops;
  std::string from;
  std::string load;
  std::string cores;
  std::string memory;
  std::optional<uint32_t> gpus;
  std::string gpu_share;
  std::string kind;
  std::vector<std::string> labels;
  std::optional<uint32_t> replicas;
  std::string spread;
  std::string objective;
  std::string duration;
  std::string id;
  bool dry_run = false;
};

void add_request_options(CLI::App& to, request_options& x);

/// The request as the HTTP interface takes it.
/// Errors: `invalid_argument`; the message begins with the option's name.
result<http::json> json_of(const request_options& x);

} // namespace muster::cli
