// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/sim_events.hpp"

#include <cstdio>
#include <ostream>
#include <utility>

namespace muster::sim {

void sim_trace::line(std::string_view who, std::string_view what,
                     std::string_view detail) {
  auto micros = scheduler_.now().count() / 1000;
  mix({reinterpret_cast<const char*>(&micros), sizeof(micros)});
  mix(who);
  mix(what);
  if (!out_)
    return;
  mix(detail);
  char time[32];
  std::snprintf(time, sizeof(time), "%5lld.%06lld",
                static_cast<long long>(micros / 1'000'000),
                static_cast<long long>(micros % 1'000'000));
  *out_ << time << ' ' << who << ' ' << what;
  if (!detail.empty())
    *out_ << ' ' << detail;
  *out_ << '\n';
}

void sim_trace::reach(std::string_view who) {
  if (skip_ > 0) {
    --skip_;
    return;
  }
  armed_.clear();
  std::exchange(then_, nullptr)(machine_id{std::string{who}});
}

/// FNV-1a.
void sim_trace::mix(std::string_view text) {
  for (auto c : text)
    hash_ = (hash_ ^ static_cast<unsigned char>(c)) * 0x100000001b3ull;
}

} // namespace muster::sim
