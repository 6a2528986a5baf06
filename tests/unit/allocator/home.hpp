// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/reservation.hpp"
#include "registry/command.hpp"

#include <catch2/catch.hpp>

#include <map>
#include <string>
#include <vector>

namespace muster::test {

inline std::string no_text(const allocation_record& x) {
  return std::to_string(x.parts.size());
}

/// The home: what is committed, and nothing else.
class home : public record_source {
public:
  std::map<std::string, record> records;
  sequence last;

  const record* find(const std::string& key) const override {
    auto i = records.find(key);
    return i == records.end() ? nullptr : &i->second;
  }

  /// @returns the refusal, or nothing
  std::string apply(const command_plan& x) {
    command c{command_id{"=test"}, x.guards, x.operations};
    REQUIRE(check_command(c, 64));
    auto done = evaluate(c, *this);
    if (!done.refusal.empty())
      return done.refusal;
    last = last.next();
    for (auto& e : done.effects)
      if (e.erased)
        records.erase(e.key);
      else
        records[e.key] = {e.value, last};
    return {};
  }

  int64_t counter(const std::string& key) const {
    return std::stoll(records.at(key).value);
  }

  std::vector<sequence>
  versions(const std::vector<allocation_record>& xs) const {
    std::vector<sequence> out;
    for (auto& x : xs)
      out.push_back(find(x.key) ? find(x.key)->version : sequence{0});
    return out;
  }
};

} // namespace muster::test
