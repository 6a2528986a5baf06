// SPDX-License-Identifier: Apache-2.0
#include "actors/wire.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/serializer_impl.hpp>

#include <algorithm>
#include <array>
#include <type_traits>

namespace muster {

namespace {

using encoder = caf::serializer_impl<std::string>;

constexpr size_t message_count = std::variant_size_v<wire_message>;

// CAF reads any number into an enumeration; the code behind knows these.
constexpr cover_kind last_of(cover_kind) {
  return cover_kind::copy;
}

constexpr operation_kind last_of(operation_kind) {
  return operation_kind::add;
}

constexpr guard_kind last_of(guard_kind) {
  return guard_kind::absent;
}

constexpr participation last_of(participation) {
  return participation::policy;
}

constexpr outcome last_of(outcome) {
  return outcome::unknown;
}

constexpr vote_kind last_of(vote_kind) {
  return vote_kind::later;
}

/// An inspector that looks for enumerators that there are not.
struct enumerator_check {
  using result_type = bool;

  template <class... Ts>
  bool operator()(Ts&... xs) {
    return (check(xs) && ...);
  }

private:
  template <class T>
  bool check(T& x) {
    if constexpr (std::is_enum_v<T>)
      return x <= last_of(x);
    else if constexpr (std::is_class_v<T>)
      return inspect(*this, x);
    else
      return true;
  }

  template <class T>
  bool check(std::vector<T>& xs) {
    return std::all_of(xs.begin(), xs.end(), [this](T& x) { return check(x); });
  }

  bool check(std::string&) {
    return true;
  }
};

template <size_t I>
bool decode_as(caf::binary_deserializer& source, wire_message& out) {
  auto& x = out.emplace<I>();
  auto err = source(x);
  return !err && source.remaining() == 0 && enumerator_check{}(x);
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
