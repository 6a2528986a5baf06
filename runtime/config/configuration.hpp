// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/config/option_table.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace CLI {
class App;
class Option;
} // namespace CLI

namespace muster {

/// Where a value comes from; a later one wins.
enum class option_source : uint8_t { defaults, file, environment, flag };

struct option_origin {
  option_source source = option_source::defaults;
  /// `muster.toml:12`, `MUSTER_RACK`, `--rack`; empty for a default.
  std::string where;
};

/// One line of `muster config show`.
struct shown_option {
  std::string name;
  /// `(set)` for a secret that is set.
  std::string value;
  option_origin origin;
  std::string help;
};

/// The settings of a process and where each comes from.
struct configuration {
  settings values;
  /// By option name; an absent one has its default.
  std::map<std::string, option_origin, std::less<>> origins;

  /// All options in the table's order, secrets hidden.
  std::vector<shown_option> show() const;

  /// `show` as aligned columns: name, value, origin.
  std::string render() const;
};

/// Reads the configuration: flags over environment over TOML file over
/// defaults. The file is the one of `--config` or `MUSTER_CONFIG`; CLI11's own
/// file reading is not used, since it puts the file above the environment.
///
///   CLI::App app;
///   config_loader loader{app};       // adds --config and a flag an option
///   CLI11_PARSE(app, argc, argv);
///   auto config = loader.load();
///
/// Refers to the app, which must outlive it. Not thread-safe.
class config_loader {
public:
  using environment
    = std::function<std::optional<std::string>(const std::string&)>;

  explicit config_loader(CLI::App& app);

  /// Call it after the app has parsed. Errors: `invalid_argument` names the
  /// option, where it was set and what is allowed; `io` for a file that cannot
  /// be read.
  result<configuration> load() const;
  result<configuration> load(const environment& from) const;

private:
  status read_environment(const environment& from, configuration& to) const;
  status read_flags(configuration& to) const;

  CLI::Option* file_ = nullptr;
  std::map<std::string_view, CLI::Option*> flags_;
};

/// Sets what the TOML text says. `name` is for messages. Errors as
/// `config_loader::load`; an unknown key is one.
status read_toml(std::string_view text, const std::string& name,
                 configuration& to);

/// Sets one option. Error: `invalid_argument`, which names the origin.
status set_option(const option& which, std::string_view text,
                  option_origin origin, configuration& to);

} // namespace muster
