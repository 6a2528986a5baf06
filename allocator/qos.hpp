// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/criterion.hpp"
#include "registry/ids.hpp"
#include "registry/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

/// Most places that one request asks for.
constexpr uint32_t replicas_max = 8;

/// Most GPUs of a machine that an inventory knows and a request asks for.
constexpr uint32_t gpus_max = 16;

/// Farthest that a request looks.
constexpr uint32_t hops_max = 64;

constexpr size_t labels_max = 16;
constexpr size_t label_bytes_max = 128;
constexpr size_t device_kind_bytes_max = 64;

/// Longest time for which something is reserved: ten years.
constexpr nanoseconds duration_max = std::chrono::hours{24} * 3650;

/// What the replicas of a request must not share.
enum class spread_over : uint8_t { device, machine, rack };

/// Which of the candidates that satisfy a request is the best.
enum class objective : uint8_t {
  fit, // leaves least that nobody can use
  spread, // has most left
  latency, // answers soonest
  hops, // is nearest to the place
  load, // is least busy
};

/// What a command or an allocation wants of its place. Everything is optional;
/// integers in base units. `check_qos` has the rules.
struct qos {
  std::optional<uint64_t> capacity_bytes = {};
  std::optional<nanoseconds> latency = {};
  /// Of the device if one is asked for, else of the machine's network card.
  std::optional<uint64_t> bandwidth_bits_per_second = {};
  /// Links on the way from the place `from`, a machine or a switch.
  std::optional<uint32_t> hops = {};
  std::string from = {};
  std::optional<uint32_t> load_permille = {};
  /// 2500 = two and a half cores.
  std::optional<uint64_t> cores_permille = {};
  std::optional<uint64_t> memory_bytes = {};
  std::optional<uint32_t> gpus = {};
  /// A part of one GPU, with `gpus` = 1; not given: all of it.
  std::optional<uint32_t> gpu_share_permille = {};
  /// Empty: any.
  std::string device_kind = {};
  /// `name=value` of the device or its machine; all of them are wanted.
  std::vector<std::string> labels = {};
  uint32_t replicas = 1;
  /// Not given: machines.
  std::optional<spread_over> spread = {};
  std::optional<objective> best = {};
  /// Not given: until it is released.
  std::optional<nanoseconds> duration = {};
};

/// Whether candidates are devices; else they are machines.
bool wants_device(const qos& x);

/// The permille of a GPU that one of the `gpus` must have left.
uint32_t gpu_share_of(const qos& x);

/// What `x` is judged by, with what it leaves open filled in.
objective objective_of(const qos& x);
spread_over spread_of(const qos& x);

/// Whether `x` can be satisfied by any inventory and does not contradict
/// itself.
/// @returns `invalid_argument`; the message begins with the field's name and
///          says what to do
status check_qos(const qos& x);

/// Names in JSON and options, and back; nothing for another text.
const char* to_string(objective x);
const char* to_string(spread_over x);
std::optional<objective> objective_from(std::string_view x);
std::optional<spread_over> spread_from(std::string_view x);

} // namespace muster
