// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/pinner.hpp"

namespace muster::nemesis {

namespace {

constexpr std::chrono::milliseconds look_every{500};
constexpr std::chrono::milliseconds patience{3'000};

} // namespace

void pinner::run(size_t machine, stop_flag& stop) const {
  cli::http_caller caller{machines_.at(machine)};
  do {
    auto pinned = caller.send({.target = "/v1/mirrors", .timeout = patience});
    if (pinned && pinned->status == 200
        && pinned->body.find('"' + prefix_ + '"') == std::string::npos)
      // What it answers does not matter: the next look tells.
      static_cast<void>(
        caller.send({.method = "POST",
                     .target = "/v1/mirrors?timeout=2s&prefix=" + prefix_,
                     .timeout = patience}));
  } while (!stop.wait_for(look_every));
}

} // namespace muster::nemesis
