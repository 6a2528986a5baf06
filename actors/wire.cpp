// SPDX-License-Identifier: Apache-2.0
#include "actors/wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/serializer_impl.hpp>

#include <array>

namespace muster {

namespace {

using encoder = caf::serializer_impl<std::string>;

constexpr size_t message_count = std::variant_size_v<wire_message>;

template <size_t I>
bool decode_as(caf::binary_deserializer& source, wire_message& out) {
  auto err = source(out.emplace<I>());
  return !err && source.remaining() == 0;
}

using decode_function = bool (*)(caf::binary_deserializer&, wire_message&);

template <size_t... Is>
constexpr std::array<decode_function, message_count>
make_decoders(std::index_sequence<Is...>) {
  return {&decode_as<Is>...};
}

} // namespace

lane lane_of(const wire_message& x) {
  auto lease = std::holds_alternative<lease_request>(x)
               || std::holds_alternative<lease_grant>(x);
  return lease ? lane::lease : lane::data;
}

packet encode(const wire_message& x) {
  packet out;
  out.tag = static_cast<uint16_t>(x.index());
  encoder sink{static_cast<caf::execution_unit*>(nullptr), out.payload};
  // CAF's inspectors take non-const references; writing does not change it.
  std::visit(
    [&](auto& message) {
      auto err
        = sink(const_cast<std::remove_cvref_t<decltype(message)>&>(message));
      static_cast<void>(err); // a string sink does not fail
    },
    x);
  return out;
}

result<wire_message> decode(const packet& x) {
  static constexpr auto decoders
    = make_decoders(std::make_index_sequence<message_count>{});
  if (x.tag >= decoders.size())
    return error{errc::corrupt, "unknown message " + std::to_string(x.tag)};
  caf::binary_deserializer source{static_cast<caf::execution_unit*>(nullptr),
                                  x.payload.data(), x.payload.size()};
  wire_message out;
  if (!decoders[x.tag](source, out))
    return error{errc::corrupt, "malformed message " + std::to_string(x.tag)};
  return out;
}

} // namespace muster
