// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/device_option.hpp"

#include "runtime/config/option_value.hpp"

#include <algorithm>

namespace muster {

namespace {

constexpr size_t name_bytes_max = 63;
constexpr uint64_t capacity_max = uint64_t{1} << 58;

error wrong(std::string_view text) {
  return {errc::invalid_argument,
          "'" + std::string{text}
            + "' is not a device such as data=/srv/data, data=/srv/data@25% or "
              "data=/srv/data@200GiB"};
}

bool is_name(std::string_view x) {
  auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
  };
  return !x.empty() && x.size() <= name_bytes_max
         && std::all_of(x.begin(), x.end(), allowed);
}

/// `25` or `12.5`, as permille; 0: it is neither, or not above 0 and up to 100.
uint32_t permille_of(std::string_view x) {
  auto point = std::min(x.find('.'), x.size());
  auto whole = parse_number(x.substr(0, point), {option_unit::none, {0, 100}});
  if (!whole)
    return 0;
  auto out = static_cast<uint32_t>(*whole * 10);
  if (point < x.size()) {
    auto tenth = parse_number(x.substr(point + 1), {option_unit::none, {0, 9}});
    if (!tenth || x.size() != point + 2)
      return 0;
    out += static_cast<uint32_t>(*tenth);
  }
  return out <= 1000 ? out : 0;
}

} // namespace

result<device_option> parse_device_option(std::string_view text) {
  auto equals = text.find('=');
  if (equals == std::string_view::npos || !is_name(text.substr(0, equals)))
    return wrong(text);
  device_option out;
  out.name = text.substr(0, equals);
  auto rest = text.substr(equals + 1);
  // The last one: a path may have others.
  auto at = rest.rfind('@');
  out.path = rest.substr(0, at);
  if (!out.path.starts_with('/'))
    return wrong(text);
  if (at == std::string_view::npos)
    return out;
  auto size = rest.substr(at + 1);
  if (size.ends_with('%')) {
    size.remove_suffix(1);
    out.share_permille = permille_of(size);
    return out.share_permille != 0 ? result<device_option>{std::move(out)}
                                   : wrong(text);
  }
  auto bytes = parse_number(size, {option_unit::bytes, {1, capacity_max}});
  if (!bytes)
    return wrong(text);
  out.share_permille = 0;
  out.capacity_bytes = *bytes;
  return out;
}

} // namespace muster
