// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/read_table/read_table.hpp"

#include <atomic>
#include <string>
#include <vector>

namespace muster::test {

using namespace std::chrono_literals;

/// A clock that stands still until a test moves it.
class still_clock : public clock_source {
public:
  boot_time now() const override {
    return boot_time{nanoseconds{now_.load(std::memory_order_acquire)}};
  }

  void advance(nanoseconds by) {
    now_.fetch_add(by.count(), std::memory_order_acq_rel);
  }

private:
  std::atomic<int64_t> now_{5'000'000'000};
};

inline const char* name_of(read_kind kind) {
  switch (kind) {
    case read_kind::served:
      return "served";
    case read_kind::served_absent:
      return "absent";
    case read_kind::invalid:
      return "invalid";
    case read_kind::not_held:
      return "not held";
    default:
      return "lease over";
  }
}

/// Small vocabulary around one shard: what is read comes back as text such as
/// `v@3`, `absent` or `invalid`; a listing as `/a=v@3 /b=w@4`.
struct table_fixture {
  const shard_id shard{0};

  explicit table_fixture(const read_table_options& options = {})
    : table(2, clock, options) {
    // nop
  }

  /// A new tenure with a lease of ten seconds and no copies.
  void begin() {
    present = table.begin(shard, 2, term{7}, session{1});
    lease(10s);
  }

  /// A new tenure that holds the whole shard, empty.
  void begin_whole() {
    begin();
    table.install_prefix(shard, "/");
  }

  void lease(nanoseconds from_now) {
    table.set_lease(shard, present, clock.now() + from_now);
  }

  void invalidate(const std::vector<std::string>& keys) {
    table.invalidate(shard, keys);
  }

  void put(std::string_view key, std::string_view value, uint64_t version = 1) {
    table.put(shard, key, value, sequence{version});
  }

  void erase(std::string_view key) {
    table.erase(shard, key);
  }

  std::string get(std::string_view key) const {
    std::string value;
    sequence version;
    auto x = table.copy_to(shard, key, value, version);
    if (x.kind != read_kind::served)
      return name_of(x.kind);
    return value + "@" + std::to_string(version.value);
  }

  std::string list(std::string_view prefix) const {
    std::string text;
    auto x = table.list(shard, prefix, [&](auto key, auto value, auto version) {
      if (!text.empty())
        text += ' ';
      text.append(key).append("=").append(value);
      text += "@" + std::to_string(version.value);
    });
    return x.kind == read_kind::served ? text : name_of(x.kind);
  }

  still_clock clock;
  read_table table;
  tenure present;
};

} // namespace muster::test
