// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/key.hpp"
#include "registry/shard_effects.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>

namespace muster::test {

/// What user code of one machine reads of one shard: a map that does what the
/// publish effects say and serves by R2 and R3.
class plain_table {
public:
  struct shown {
    bool valid = false;
    bool absent = false;
    std::string value;
    sequence version;
    bool single = false;
  };

  /// Nothing: silent (not held, invalid, or the lease is over).
  std::optional<shown> read(const std::string& key, boot_time now) const {
    if (!tenure_ || now >= end_)
      return std::nullopt;
    auto i = records_.find(key);
    if (i != records_.end() && !i->second.absent)
      return i->second.valid ? std::optional{i->second} : std::nullopt;
    if (i != records_.end() && !i->second.valid)
      return std::nullopt;
    if (i != records_.end() && i->second.single)
      return i->second;
    auto covering = [&](auto& prefix) { return covers(prefix, key); };
    if (std::none_of(prefixes_.begin(), prefixes_.end(), covering))
      return std::nullopt;
    return shown{true, true, {}, {}};
  }

  void apply(const shard_effect& x) {
    std::visit([this](auto& y) { on(y); }, x);
  }

private:
  void on(const publish_begin& x) {
    on(publish_drop{});
    tenure_ = {x.of, x.in};
  }

  void on(const publish_drop&) {
    tenure_.reset();
    end_ = {};
    records_.clear();
    prefixes_.clear();
  }

  void on(const publish_lease& x) {
    if (tenure_ == std::pair{x.of, x.in})
      end_ = x.end;
  }

  void on(const publish_invalid& x) {
    for (auto& key : x.keys)
      records_[key].valid = false;
  }

  void on(const publish_silent& x) {
    for (auto& key : x.keys)
      records_[key].valid = false;
  }

  void on(const publish_put& x) {
    records_[x.key] = {true, false, x.value, x.version, x.single};
  }

  void on(const publish_erase& x) {
    records_[x.key] = {true, true, {}, {}, x.single};
  }

  void on(const publish_evict& x) {
    records_.erase(x.key);
  }

  void on(const publish_whole&) {
    prefixes_.insert("/");
  }

  void on(const publish_prefix& x) {
    prefixes_.insert(x.prefix);
  }

  void on(const publish_no_prefix& x) {
    prefixes_.erase(x.prefix);
  }

  template <class T>
  void on(const T&) {
    // Not for the table.
  }

  std::optional<std::pair<term, session>> tenure_;
  boot_time end_{};
  std::map<std::string, shown> records_;
  std::set<std::string> prefixes_;
};

} // namespace muster::test
