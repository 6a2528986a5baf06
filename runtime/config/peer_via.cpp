// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/peer_via.hpp"

#include <charconv>

namespace muster {

namespace {

error wrong(std::string_view text) {
  return {errc::invalid_argument,
          "'" + std::string{text}
            + "' is not a machine and where to dial it, such as "
              "m2=127.0.0.1:4102"};
}

std::string_view without_brackets(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    return host.substr(1, host.size() - 2);
  return host;
}

} // namespace

result<peer_via> parse_peer_via(std::string_view text) {
  auto equals = text.find('=');
  auto colon = text.rfind(':');
  if (equals == std::string_view::npos || equals == 0
      || colon == std::string_view::npos || colon <= equals + 1)
    return wrong(text);
  peer_via out;
  out.id.value = text.substr(0, equals);
  out.host = without_brackets(text.substr(equals + 1, colon - equals - 1));
  auto port = text.substr(colon + 1);
  auto last = port.data() + port.size();
  auto [end, failed] = std::from_chars(port.data(), last, out.port);
  if (failed != std::errc{} || end != last || out.port == 0)
    return wrong(text);
  return out;
}

} // namespace muster
