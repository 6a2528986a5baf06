// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/network.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace muster::nemesis {

enum class fault_kind : uint8_t {
  /// Two groups of machines, connections between them reset.
  partition,
  /// The same, but bytes wait and arrive when it is over.
  stall,
  /// What some machines send to some others waits; the way back is open.
  one_way,
  /// One machine reaches no other, and no other reaches it.
  isolate,
  /// Links that break and come back, several times a second.
  flap,
  /// kill -9 of a machine, started again at the end.
  kill,
  /// SIGSTOP of a machine, SIGCONT at the end.
  pause,
  etcd_kill,
  etcd_pause,
};

constexpr size_t fault_kinds = 9;

const char* to_string(fault_kind x);

struct planned_fault {
  fault_kind kind = fault_kind::partition;
  std::chrono::milliseconds begin{0};
  std::chrono::milliseconds end{0};
  /// Of a machine, of a switch after the machines, or of a member of etcd, from
  /// 0.
  size_t target = 0;
  /// Of links.
  std::map<network::link, link_faults> links;

  /// Whether a machine is away from its begin to its end.
  bool takes_down() const {
    return kind == fault_kind::kill || kind == fault_kind::pause;
  }

  bool of_etcd() const {
    return kind == fault_kind::etcd_kill || kind == fault_kind::etcd_pause;
  }

  /// When what it took away has come back: a killed machine waits for the end
  /// of its lock first, which the coordinator keeps for 5 s.
  std::chrono::milliseconds recovered() const {
    return end
           + std::chrono::milliseconds{kind == fault_kind::kill ? 6500 : 2000};
  }

  /// @param machines  how many of the targets are machines; switches follow
  std::string text(size_t machines) const;
};

struct schedule_options {
  uint64_t seed = 1;
  /// All faults have ended then.
  std::chrono::milliseconds length{60'000};
  size_t machines = 5;
  size_t switches = 0;
  size_t etcd = 3;
};

/// How many machines and switches are killed, paused or not recovered from it
/// at the same time, at most.
constexpr size_t machines_down_max = 2;

/// The faults of one run, by their begin; the same seed gives the same ones.
/// Each kind comes once before any comes twice. One member of etcd at a time is
/// away, so that the others are a majority.
std::vector<planned_fault> make_schedule(const schedule_options& x);

} // namespace muster::nemesis
