// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/config/cluster_options.hpp"
#include "runtime/config/option_value.hpp"
#include "runtime/config/process_options.hpp"

#include <functional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

/// All options of a `musterd`.
struct settings {
  cluster_options cluster;
  process_options process;

  bool operator==(const settings&) const = default;
};

/// One line of the table that binds names and fields.
struct option {
  /// `lease` at the top of the TOML file or `cluster.lease` in its table
  /// `[cluster]`; flag and variable follow from it.
  std::string_view name;
  std::string_view help;
  option_format format;
  /// Shown as `(set)` and never printed.
  bool secret = false;
  bool is_flag = false;
  bool is_list = false;

  /// Sets the field. Error: `invalid_argument`, see `parse`.
  std::function<status(settings&, std::string_view)> parse;
  std::function<std::string(const settings&)> print;

  /// `--cluster-lease`
  std::string flag() const;

  /// `MUSTER_CLUSTER_LEASE`
  std::string variable() const;
};

/// Every option, in the order of `--help` and `config show`.
std::span<const option> option_table();

/// The option of that name, or null.
const option* find_option(std::string_view name);

/// What no single option can tell: bounds of one that follow from another.
/// Error: `invalid_argument` names the options.
status check(const settings& x);

} // namespace muster
