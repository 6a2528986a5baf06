// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/option_value.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <type_traits>

namespace muster {

namespace {

using namespace std::literals;

struct suffix {
  std::string_view name;
  uint64_t factor;
};

constexpr std::array byte_suffixes{suffix{"GiB", uint64_t{1} << 30},
                                   suffix{"MiB", uint64_t{1} << 20},
                                   suffix{"KiB", uint64_t{1} << 10},
                                   suffix{"", 1}};

constexpr std::array duration_suffixes{suffix{"m", 60'000}, suffix{"s", 1000},
                                       suffix{"ms", 1}};

constexpr std::array plain_suffixes{suffix{"", 1}};

std::span<const suffix> suffixes_of(option_unit unit) {
  switch (unit) {
    case option_unit::bytes:
      return byte_suffixes;
    case option_unit::duration:
      return duration_suffixes;
    default:
      return plain_suffixes;
  }
}

error wrong(std::string_view text, const std::string& why) {
  return {errc::invalid_argument, "'" + std::string{text} + "' " + why};
}

const char* shape_of(option_unit unit) {
  switch (unit) {
    case option_unit::bytes:
      return "is not a size such as 65536, 64KiB or 16MiB";
    case option_unit::duration:
      return "is not a duration such as 500ms, 2s or 1m";
    default:
      return "is not a whole number";
  }
}

status check_length(std::string_view text, size_t length, option_bounds x,
                    std::string_view what) {
  if (length >= x.min && length <= x.max)
    return ok();
  return wrong(text, "has " + std::to_string(length) + " " + std::string{what}
                       + ", allowed are " + std::to_string(x.min) + " to "
                       + std::to_string(x.max));
}

} // namespace

template <>
std::span<const std::string_view> names_of<coordinator_kind>() {
  static constexpr std::array names{"embedded"sv, "etcd"sv};
  return names;
}

template <>
std::span<const std::string_view> names_of<machine_role>() {
  static constexpr std::array names{"machine"sv, "switch"sv};
  return names;
}

template <>
std::span<const std::string_view> names_of<log_format>() {
  static constexpr std::array names{"human"sv, "json"sv};
  return names;
}

template <>
std::span<const std::string_view> names_of<severity>() {
  static constexpr std::array names{"debug"sv, "info"sv, "warning"sv,
                                    "error"sv};
  return names;
}

result<uint64_t> parse_number(std::string_view text, option_format how) {
  auto number = uint64_t{0};
  auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(),
                                       number);
  auto rest = text.substr(static_cast<size_t>(end - text.data()));
  auto all = suffixes_of(how.unit);
  auto unit = std::find_if(all.begin(), all.end(),
                           [&](auto& x) { return x.name == rest; });
  if (failed == std::errc::invalid_argument || unit == all.end())
    return wrong(text, shape_of(how.unit));
  auto fits = failed == std::errc{}
              && number <= std::numeric_limits<uint64_t>::max() / unit->factor;
  auto value = fits ? number * unit->factor : 0;
  if (!fits || value < how.bounds.min || value > how.bounds.max)
    return wrong(text, "is not within " + print_number(how.bounds.min, how.unit)
                         + " to " + print_number(how.bounds.max, how.unit));
  return value;
}

std::string print_number(uint64_t x, option_unit unit) {
  for (auto& each : suffixes_of(unit))
    if (x % each.factor == 0 && (x != 0 || each.factor == 1))
      return std::to_string(x / each.factor) + std::string{each.name};
  return std::to_string(x);
}

result<size_t> parse_name(std::string_view text,
                          std::span<const std::string_view> names) {
  auto i = std::find(names.begin(), names.end(), text);
  if (i != names.end())
    return static_cast<size_t>(i - names.begin());
  std::string all;
  for (auto name : names)
    all.append(all.empty() ? "" : ", ").append(name);
  return wrong(text, "is not one of: " + all);
}

status parse(std::string_view text, option_format how, std::string& to) {
  auto done = check_length(text, text.size(), how.bounds, "characters");
  if (done)
    to = text;
  return done;
}

status parse(std::string_view text, option_format how, machine_id& to) {
  // The id is a key segment, a file name and a certificate's name at once.
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  if (!std::all_of(text.begin(), text.end(), allowed) || text.starts_with('.'))
    return wrong(text,
                 "may have letters, digits, '-', '_' and '.' only, and "
                 "no '.' in front");
  return parse(text, how, to.value);
}

status parse(std::string_view text, option_format, bool& to) {
  if (text != "true" && text != "false")
    return wrong(text, "is neither true nor false");
  to = text == "true";
  return ok();
}

status parse(std::string_view text, option_format how,
             std::chrono::milliseconds& to) {
  auto x = parse_number(text, how);
  if (!x)
    return x.failure();
  to = std::chrono::milliseconds{*x};
  return ok();
}

status parse(std::string_view text, option_format how,
             std::vector<std::string>& to) {
  std::vector<std::string> items;
  for (auto rest = text; !rest.empty();) {
    auto comma = std::min(rest.find(','), rest.size());
    if (comma > 0)
      items.emplace_back(rest.substr(0, comma));
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  auto done = check_length(text, items.size(), how.bounds, "items");
  if (done)
    to = std::move(items);
  return done;
}

std::string print(const std::string& x, option_unit) {
  return x;
}

std::string print(const machine_id& x, option_unit) {
  return x.value;
}

std::string print(bool x, option_unit) {
  return x ? "true" : "false";
}

std::string print(std::chrono::milliseconds x, option_unit unit) {
  return print_number(static_cast<uint64_t>(x.count()), unit);
}

std::string print(const std::vector<std::string>& x, option_unit) {
  std::string all;
  for (auto& each : x)
    all.append(all.empty() ? "" : ",").append(each);
  return all;
}

} // namespace muster
