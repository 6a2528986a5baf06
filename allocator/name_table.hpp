// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cassert>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

namespace muster {

/// Numbers for names, from 0 on in the order in which they come; a name keeps
/// its number. Finding one takes constant time.
///
/// Not thread-safe; owned by one core.
class name_table {
public:
  name_table() = default;
  name_table(const name_table&) = delete;
  name_table& operator=(const name_table&) = delete;

  uint32_t add(std::string_view name) {
    if (auto i = numbers_.find(name); i != numbers_.end())
      return i->second;
    auto out = static_cast<uint32_t>(names_.size());
    numbers_.emplace(names_.emplace_back(name), out);
    return out;
  }

  std::optional<uint32_t> find(std::string_view name) const {
    auto i = numbers_.find(name);
    return i == numbers_.end() ? std::nullopt : std::optional{i->second};
  }

  const std::string& name(uint32_t number) const {
    assert(number < names_.size());
    return names_[number];
  }

  size_t size() const {
    return names_.size();
  }

private:
  std::deque<std::string> names_; // their texts do not move
  std::unordered_map<std::string_view, uint32_t> numbers_;
};

} // namespace muster
