// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/store.hpp"

namespace muster {

/// The store of a machine that stores nothing.
class no_store final : public store {
public:
  void write(std::vector<store_change>, callback then) override {
    then(error{errc::io, "this machine stores nothing"});
  }

  void checkpoint(store_checkpoint, callback then) override {
    then(error{errc::io, "this machine stores nothing"});
  }

  result<std::vector<recovered_shard>> recover() override {
    return std::vector<recovered_shard>{};
  }

  store_id id() const override {
    return {};
  }

  size_t backlog_bytes() const override {
    return 0;
  }
};

} // namespace muster
