// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/level_store.hpp"

#include <catch2/catch.hpp>

#include <filesystem>
#include <future>
#include <memory>
#include <random>
#include <string>
#include <vector>

namespace muster::test {

/// A directory that vanishes with its test.
class scratch_directory {
public:
  scratch_directory() {
    std::random_device device;
    path_ = std::filesystem::temp_directory_path()
            / ("muster-store-" + std::to_string(device()));
    std::filesystem::create_directory(path_);
  }

  ~scratch_directory() {
    auto code = std::error_code{};
    std::filesystem::remove_all(path_, code);
  }

  scratch_directory(const scratch_directory&) = delete;
  scratch_directory& operator=(const scratch_directory&) = delete;

  const std::filesystem::path& path() const {
    return path_;
  }

  /// The files whose name ends with `suffix`, by name.
  std::vector<std::filesystem::path> files(const std::string& suffix) const {
    std::vector<std::filesystem::path> result;
    for (auto& entry : std::filesystem::directory_iterator(path_ / "db"))
      if (entry.path().string().ends_with(suffix))
        result.push_back(entry.path());
    std::sort(result.begin(), result.end());
    return result;
  }

private:
  std::filesystem::path path_;
};

inline store_change append(uint32_t shard, uint64_t at, std::string bytes) {
  return {store_change::kind::append, shard_id{shard}, sequence{at},
          std::move(bytes)};
}

inline store_change truncate(uint32_t shard, uint64_t at) {
  return {store_change::kind::truncate, shard_id{shard}, sequence{at}, {}};
}

inline store_change meta(uint32_t shard, std::string bytes) {
  return {store_change::kind::meta, shard_id{shard}, {}, std::move(bytes)};
}

inline store_change reset(uint32_t shard, uint64_t at) {
  return {store_change::kind::reset, shard_id{shard}, sequence{at}, {}};
}

/// Opens, writes to and reopens one store.
struct store_fixture {
  scratch_directory scratch;
  level_store_options options;
  std::unique_ptr<level_store> db;
  std::vector<recovered_shard> recovered;

  store_fixture() {
    options.directory = (scratch.path() / "db").string();
    reopen();
  }

  /// What opening and recovery say.
  status try_reopen() {
    db.reset();
    auto opened = level_store::open(options);
    if (!opened)
      return opened.failure();
    auto found = (*opened)->recover();
    if (!found)
      return found.failure();
    db = std::move(*opened);
    recovered = std::move(*found);
    return ok();
  }

  void reopen() {
    auto done = try_reopen();
    if (!done)
      FAIL(done.failure().message);
  }

  template <class F>
  status wait(F&& call) {
    std::promise<status> outcome;
    call([&](status x) { outcome.set_value(std::move(x)); });
    return outcome.get_future().get();
  }

  status write(std::vector<store_change> changes) {
    return wait([&](store::callback then) {
      db->write(std::move(changes), std::move(then));
    });
  }

  status checkpoint(uint32_t shard, uint64_t upto,
                    std::vector<state_row> rows = {}) {
    return wait([&](store::callback then) {
      db->checkpoint({shard_id{shard}, sequence{upto}, std::move(rows)},
                     std::move(then));
    });
  }

  /// What the last recovery found of a shard.
  recovered_shard shard(uint32_t number) const {
    for (auto& x : recovered)
      if (x.shard.value == number)
        return x;
    return {};
  }
};

inline errc code_of(const status& x) {
  REQUIRE(!x);
  return x.failure().code;
}

} // namespace muster::test
