// SPDX-License-Identifier: Apache-2.0
#include "cli/quantities.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>
#include <string>

namespace muster::cli {

namespace {

struct unit {
  std::string_view name;
  uint64_t base;
};

constexpr uint64_t kibi = 1024;
constexpr uint64_t kilo = 1000;

constexpr std::array byte_units{
  unit{"", 1},
  unit{"B", 1},
  unit{"KiB", kibi},
  unit{"MiB", kibi* kibi},
  unit{"GiB", kibi* kibi* kibi},
  unit{"TiB", kibi* kibi* kibi* kibi},
  unit{"PiB", kibi* kibi* kibi* kibi* kibi},
  unit{"kB", kilo},
  unit{"MB", kilo* kilo},
  unit{"GB", kilo* kilo* kilo},
  unit{"TB", kilo* kilo* kilo* kilo},
  unit{"PB", kilo* kilo* kilo* kilo* kilo},
};

constexpr uint64_t second = kilo * kilo * kilo;

constexpr std::array time_units{
  unit{"ns", 1},
  unit{"us", kilo},
  unit{"ms", kilo* kilo},
  unit{"s", second},
  unit{"m", second * 60},
  unit{"h", second * 3600},
  unit{"d", second * 86400},
};

constexpr std::array bit_units{
  unit{"", 1},
  unit{"bit", 1},
  unit{"kbit", kilo},
  unit{"Mbit", kilo* kilo},
  unit{"Gbit", kilo* kilo* kilo},
  unit{"Tbit", kilo* kilo* kilo* kilo},
};

constexpr std::array thousandth_units{unit{"", kilo}};
constexpr std::array share_units{unit{"", kilo}, unit{"%", 10}};

/// Largest result; what an inventory knows is smaller.
constexpr uint64_t largest = INT64_MAX;

/// 10^18 is less than 2^64.
constexpr size_t fraction_digits_max = 18;

error bad(std::string_view field, std::string_view text,
          const std::string& why) {
  return error{errc::invalid_argument,
               std::string{field} + ": '" + std::string{text} + "' " + why};
}

std::string_view take_digits(std::string_view& x) {
  size_t n = 0;
  while (n < x.size() && x[n] >= '0' && x[n] <= '9')
    ++n;
  auto out = x.substr(0, n);
  x.remove_prefix(n);
  return out;
}

/// `digits` in units of `scale`; nothing beyond `largest`.
std::optional<uint64_t> scaled(std::string_view digits, uint64_t scale) {
  uint64_t out = 0;
  for (auto c : digits) {
    auto digit = static_cast<uint64_t>(c - '0');
    if (out > (largest - digit) / 10)
      return std::nullopt;
    out = out * 10 + digit;
  }
  if (out > largest / scale)
    return std::nullopt;
  return out * scale;
}

/// `0.digits` in units of `scale`; nothing if that is no whole number.
std::optional<uint64_t> fraction_of(std::string_view digits, uint64_t scale) {
  while (digits.ends_with('0'))
    digits.remove_suffix(1);
  if (digits.size() > fraction_digits_max)
    return std::nullopt;
  uint64_t whole = 1;
  for (size_t i = 0; i < digits.size(); ++i)
    whole *= 10;
  auto common = std::gcd(whole, scale);
  auto numerator = *scaled(digits, 1);
  if (numerator % (whole / common) != 0)
    return std::nullopt;
  // Less than `scale`, since the numerator is less than `whole`.
  return numerator / (whole / common) * (scale / common);
}

template <class Units>
std::string names_of(const Units& units) {
  std::string out;
  for (auto& x : units)
    if (!x.name.empty())
      out += (out.empty() ? "" : ", ") + std::string{x.name};
  return out;
}

template <class Units>
result<uint64_t> parse(std::string_view field, std::string_view text,
                       const Units& units) {
  auto rest = text;
  auto whole = take_digits(rest);
  std::string_view fraction;
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    fraction = take_digits(rest);
    if (fraction.empty())
      return bad(field, text, "is no number");
  }
  if (whole.empty())
    return bad(field, text, "is no number");
  if (rest.starts_with(' '))
    rest.remove_prefix(1);
  auto found = std::find_if(units.begin(), units.end(),
                            [&](auto& x) { return x.name == rest; });
  if (found == units.end()) {
    auto names = names_of(units);
    return bad(field, text,
               names.empty() ? "has a unit; write the number alone"
                             : "has no unit of these: " + names);
  }
  auto out = scaled(whole, found->base);
  auto part = fraction_of(fraction, found->base);
  if (!part)
    return bad(field, text, "is no whole number of the smallest unit");
  if (!out || *part > largest - *out)
    return bad(field, text, "is too large");
  return *out + *part;
}

} // namespace

result<uint64_t> parse_bytes(std::string_view field, std::string_view text) {
  return parse(field, text, byte_units);
}

result<nanoseconds> parse_duration(std::string_view field,
                                   std::string_view text) {
  auto out = parse(field, text, time_units);
  if (!out)
    return out.failure();
  return nanoseconds{static_cast<int64_t>(*out)};
}

result<uint64_t> parse_bandwidth(std::string_view field,
                                 std::string_view text) {
  auto plain = text;
  if (plain.ends_with("bit/s"))
    plain.remove_suffix(2);
  return parse(field, plain, bit_units);
}

result<uint64_t> parse_thousandths(std::string_view field,
                                   std::string_view text) {
  return parse(field, text, thousandth_units);
}

result<uint64_t> parse_share(std::string_view field, std::string_view text) {
  return parse(field, text, share_units);
}

} // namespace muster::cli
