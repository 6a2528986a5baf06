// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/own_records.hpp"
#include "runtime/discovery/host.hpp"
#include "runtime/discovery/system_text.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

/// What a load is made of.
struct load_sources {
  /// The network card; empty: none.
  std::string card = {};
  /// 0: not known, so how busy it is is not either.
  uint64_t card_bits_per_second = 0;

  struct device {
    std::string name;
    std::string number;
  };

  std::vector<device> devices = {}; // by name
};

/// Tells how busy a host was between two looks. Not thread-safe.
class load_sampler {
public:
  /// @param at  referred to
  explicit load_sampler(const host& at) : at_(at) {
    // nop
  }

  /// @returns nothing: it is the first look, or nothing can be told
  std::optional<load_record> sample(const load_sources& of, nanoseconds now);

private:
  std::optional<uint32_t> cpu();
  std::optional<uint32_t> card(const load_sources& of, nanoseconds passed);
  std::optional<uint32_t> device(const load_sources::device& x,
                                 nanoseconds passed);
  /// How much a growing number of this name has grown; nothing: it is new, or
  /// has begun anew.
  std::optional<uint64_t> growth(const std::string& name,
                                 std::optional<uint64_t> now);

  const host& at_;
  std::optional<nanoseconds> last_;
  std::optional<cpu_times> cpu_;
  std::map<std::string, uint64_t> counts_;
};

} // namespace muster
