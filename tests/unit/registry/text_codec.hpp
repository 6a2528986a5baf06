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
    put_effects(out, x.effects);
    if (x.kind < entry_kind::prepare)
      return out;
    put(out, uint64_t{x.attempt.decider.value});
    put(out, x.attempt.of.value);
    put(out, x.attempt.at.value);
    put(out, x.others.size());
    for (auto other : x.others)
      put(out, uint64_t{other.value});
    put(out, uint64_t{x.otherwise});
    put(out, uint64_t{x.planned.holds});
    put_effects(out, x.planned.operations.effects);
    put_effects(out, x.planned.otherwise.effects);
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
    x.effects = effects(in, fine);
    if (x.kind >= entry_kind::prepare)
      get_part(in, fine, x);
    if (!fine || !in.empty())
      return error{errc::corrupt, "not an entry"};
    return x;
  }

private:
  static void get_part(std::string_view& in, bool& fine, log_entry& x) {
    x.attempt.decider = shard_id{static_cast<uint32_t>(number(in, fine))};
    x.attempt.of = term{number(in, fine)};
    x.attempt.at = sequence{number(in, fine)};
    for (auto n = number(in, fine); fine && n > 0; --n)
      x.others.push_back(shard_id{static_cast<uint32_t>(number(in, fine))});
    x.otherwise = number(in, fine) != 0;
    x.planned.holds = number(in, fine) != 0;
    x.planned.operations.effects = effects(in, fine);
    x.planned.otherwise.effects = effects(in, fine);
  }

  static void put_effects(std::string& out, const std::vector<effect>& all) {
    put(out, all.size());
    for (auto& e : all) {
      put(out, e.key);
      put(out, e.value);
      auto stands = e.standing != sequence{};
      put(out,
          uint64_t{e.erased} + 2 * uint64_t{e.locked} + 4 * uint64_t{stands});
      if (stands)
        put(out, e.standing.value);
    }
  }

  static std::vector<effect> effects(std::string_view& in, bool& fine) {
    std::vector<effect> out;
    for (auto n = number(in, fine); fine && n > 0; --n) {
      auto& e = out.emplace_back();
      e.key = text(in, fine);
      e.value = text(in, fine);
      auto bits = number(in, fine);
      e.erased = (bits & 1) != 0;
      e.locked = (bits & 2) != 0;
      if ((bits & 4) != 0)
        e.standing = sequence{number(in, fine)};
    }
    return out;
  }

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
