// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_effects.hpp"

#include <algorithm>
#include <variant>
#include <vector>

namespace muster {

/// The messages of one kind among the effects of a core, to anyone, in order.
template <class T, class Effects>
std::vector<T> messages_in(const Effects& all) {
  std::vector<T> out;
  for (auto& x : all)
    if (auto s = std::get_if<send_effect>(&x))
      if (auto m = std::get_if<T>(&s->what))
        out.push_back(*m);
  return out;
}

/// How many effects are of this kind.
template <class T, class Effects>
size_t count_in(const Effects& all) {
  auto is_one = [](auto& x) { return std::holds_alternative<T>(x); };
  return static_cast<size_t>(std::count_if(all.begin(), all.end(), is_one));
}

} // namespace muster
