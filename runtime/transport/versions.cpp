// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/versions.hpp"

#include <algorithm>
#include <charconv>

namespace muster {

namespace {

/// The newest that both have; 0 = none.
uint16_t common(const version_range& a, const version_range& b) {
  auto newest = std::min(a.newest, b.newest);
  return newest >= std::max(a.oldest, b.oldest) ? newest : uint16_t{0};
}

std::string text_of(const version_range& x) {
  auto newest = std::to_string(x.newest);
  return x.oldest == x.newest ? newest
                              : std::to_string(x.oldest) + " to " + newest;
}

bool parse_number(std::string_view text, uint16_t& to) {
  auto end = text.data() + text.size();
  auto [stop, failed] = std::from_chars(text.data(), end, to);
  return failed == std::errc{} && stop == end && to > 0;
}

} // namespace

std::optional<agreed_versions> agree(const machine_versions& a,
                                     const machine_versions& b) {
  agreed_versions out{common(a.wire, b.wire), common(a.format, b.format)};
  if (out.wire == 0 || out.format == 0)
    return std::nullopt;
  return out;
}

std::string to_string(const machine_versions& x) {
  return "wire " + text_of(x.wire) + ", format " + text_of(x.format);
}

result<version_range> parse_versions(std::string_view text) {
  auto dash = text.find('-');
  version_range out;
  auto fine = parse_number(text.substr(0, dash), out.oldest);
  out.newest = out.oldest;
  if (dash != std::string_view::npos)
    fine = parse_number(text.substr(dash + 1), out.newest) && fine;
  if (!fine || out.oldest > out.newest || out.newest - out.oldest > 255)
    return error{errc::invalid_argument,
                 "'" + std::string{text} + "' is no range of versions"};
  return out;
}

} // namespace muster
