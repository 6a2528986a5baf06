// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "runtime/config/process_options.hpp"

#include <chrono>
#include <concepts>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Values of options as text: the same in flags, environment and files.
//
//   number     4096
//   bytes      65536, 64KiB, 16MiB, 1GiB (units of 1024)
//   duration   500ms, 2s, 1m
//   boolean    true or false
//   list       comma-separated; in a file also an array
//
// Errors of `parse` are `invalid_argument`; their text begins with the value
// and says what is allowed, and lacks only the option's name.

namespace muster {

/// Smallest and largest value of a number (milliseconds of a duration, bytes)
/// or of a text's or list's length.
struct option_bounds {
  uint64_t min = 0;
  uint64_t max = std::numeric_limits<uint64_t>::max();
};

enum class option_unit : uint8_t { none, count, bytes, duration };

/// What `parse` needs to know beside the type.
struct option_format {
  option_unit unit = option_unit::none;
  option_bounds bounds;
};

/// The names of an enumeration, by number; specialised for each.
template <class Enum>
std::span<const std::string_view> names_of();

template <>
std::span<const std::string_view> names_of<coordinator_kind>();
template <>
std::span<const std::string_view> names_of<machine_role>();
template <>
std::span<const std::string_view> names_of<log_format>();
template <>
std::span<const std::string_view> names_of<severity>();

/// A number with the unit's suffixes, within bounds.
result<uint64_t> parse_number(std::string_view text, option_format how);
std::string print_number(uint64_t x, option_unit unit);

/// The position of `text` among `names`.
result<size_t> parse_name(std::string_view text,
                          std::span<const std::string_view> names);

status parse(std::string_view text, option_format how, std::string& to);
status parse(std::string_view text, option_format how, machine_id& to);
status parse(std::string_view text, option_format how, bool& to);
status parse(std::string_view text, option_format how,
             std::chrono::milliseconds& to);
status parse(std::string_view text, option_format how,
             std::vector<std::string>& to);

template <std::unsigned_integral T>
status parse(std::string_view text, option_format how, T& to) {
  how.bounds.max = std::min<uint64_t>(how.bounds.max,
                                      std::numeric_limits<T>::max());
  auto x = parse_number(text, how);
  if (!x)
    return x.failure();
  to = static_cast<T>(*x);
  return ok();
}

template <class T>
requires std::is_enum_v<T> status parse(std::string_view text, option_format,
                                        T& to) {
  auto x = parse_name(text, names_of<T>());
  if (!x)
    return x.failure();
  to = static_cast<T>(*x);
  return ok();
}

std::string print(const std::string& x, option_unit unit);
std::string print(const machine_id& x, option_unit unit);
std::string print(bool x, option_unit unit);
std::string print(std::chrono::milliseconds x, option_unit unit);
std::string print(const std::vector<std::string>& x, option_unit unit);

template <std::unsigned_integral T>
requires(!std::same_as<T, bool>) std::string print(T x, option_unit unit) {
  return print_number(x, unit);
}

template <class T>
requires std::is_enum_v<T> std::string print(T x, option_unit) {
  return std::string{names_of<T>()[static_cast<size_t>(x)]};
}

} // namespace muster
