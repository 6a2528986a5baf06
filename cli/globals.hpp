// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

namespace muster::cli {

/// What every command understands.
struct globals {
  /// The cluster's directory.
  std::string dir = ".muster";
  /// host:port of a machine's HTTP interface; instead of `dir`.
  std::string address;
  /// The file of the token for `address`.
  std::string token_file;
  /// Who answers; empty: the first machine that does.
  std::string machine;
  bool json = false;
  /// Empty: the command's own default.
  std::optional<std::chrono::milliseconds> timeout;

  std::chrono::milliseconds timeout_or(std::chrono::milliseconds x) const {
    return timeout.value_or(x);
  }
};

} // namespace muster::cli
