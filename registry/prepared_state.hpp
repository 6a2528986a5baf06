// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_context.hpp"

namespace muster {

/// The newest prepared state: undecided effects over committed records.
class prepared_state : public record_source {
public:
  explicit prepared_state(const shard_context& ctx) : ctx_(ctx) {
    // nop
  }

  const record* find(const std::string& key) const override {
    auto i = ctx_.pending.find(key);
    if (i == ctx_.pending.end())
      return ctx_.state.find(key);
    for (auto& x : ctx_.log.at(i->second).entry.effects) {
      if (x.key != key)
        continue;
      if (x.erased)
        return nullptr;
      scratch_ = record{x.value, i->second};
      return &scratch_;
    }
    return nullptr;
  }

private:
  const shard_context& ctx_;
  mutable record scratch_;
};

} // namespace muster
