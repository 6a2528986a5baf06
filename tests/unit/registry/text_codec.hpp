// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/log_entry.hpp"

#include <string>
#include <string_view>

namespace muster::test {

/// A plain codec for tests: every field as `<length>:<bytes>`. It keeps what
/// the protocol needs; operations and participants are left out.
class text_codec : public entry_codec {
public:
  std::string encode(const log_entry& x) const override {
    std::string out;
    put(out, static_cast<uint64_t>(x.kind));
    put(out, x.of.value);
    put(out, x.at.value);
    put(out, x.id.value);
    put(out, x.origin.id.value);
    put(out, x.origin.run.value);
    put(out, x.detail);
    put(out, x.floor.value);
    put(out, uint64_t{x.digest});
    put(out, x.counters.size());
    for (auto counter : x.counters)
      put(out, std::to_string(counter));
    put(out, x.effects.size());
    for (auto& e : x.effects) {
      put(out, e.key);
      put(out, e.value);
      put(out, uint64_t{e.erased});
    }
    return out;
  }

  result<log_entry> decode(std::string_view in) const override {
    log_entry x;
    auto fine = true;
    x.kind = static_cast<entry_kind>(number(in, fine));
    x.of = term{number(in, fine)};
    x.at = sequence{number(in, fine)};
    x.id = command_id{text(in, fine)};
    x.origin.id = machine_id{text(in, fine)};
    x.origin.run = incarnation{number(in, fine)};
    x.detail = text(in, fine);
    x.floor = sequence{number(in, fine)};
    x.digest = static_cast<uint32_t>(number(in, fine));
    for (auto n = number(in, fine); fine && n > 0; --n)
      x.counters.push_back(std::stoll(text(in, fine)));
    for (auto n = number(in, fine); fine && n > 0; --n) {
      auto& e = x.effects.emplace_back();
      e.key = text(in, fine);
      e.value = text(in, fine);
      e.erased = number(in, fine) != 0;
    }
    if (!fine || !in.empty())
      return error{errc::corrupt, "not an entry"};
    return x;
  }

private:
  static void put(std::string& out, const std::string& x) {
    out += std::to_string(x.size()) + ':' + x;
  }

  static void put(std::string& out, uint64_t x) {
    put(out, std::to_string(x));
  }

  static std::string text(std::string_view& in, bool& fine) {
    auto colon = in.find(':');
    auto size = size_t{0};
    if (colon != std::string_view::npos && colon > 0 && colon < 8)
      size = std::stoul(std::string{in.substr(0, colon)});
    if (colon == std::string_view::npos || colon == 0 || colon >= 8
        || in.size() - colon - 1 < size) {
      fine = false;
      return "0";
    }
    auto out = std::string{in.substr(colon + 1, size)};
    in.remove_prefix(colon + 1 + size);
    return out;
  }

  static uint64_t number(std::string_view& in, bool& fine) {
    auto x = text(in, fine);
    return fine ? std::stoull(x) : 0;
  }
};

} // namespace muster::test
