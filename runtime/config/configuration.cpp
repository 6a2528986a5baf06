// SPDX-License-Identifier: Apache-2.0
#include "runtime/config/configuration.hpp"

#include <CLI/CLI.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace muster {

namespace {

std::string to_string(const option_origin& x) {
  switch (x.source) {
    case option_source::file:
      return "file " + x.where;
    case option_source::environment:
      return "environment " + x.where;
    case option_source::flag:
      return "flag " + x.where;
    default:
      return "default";
  }
}

std::string shown_value(const option& which, const settings& values) {
  auto text = which.print(values);
  return which.secret && !text.empty() ? "(set)" : text;
}

std::string describe(const option& which) {
  auto text = std::string{which.help} + " [" + which.variable();
  if (auto value = shown_value(which, settings{}); !value.empty())
    text += ", default " + value;
  return text + "]";
}

std::optional<std::string> from_process(const std::string& name) {
  auto* value = std::getenv(name.c_str());
  return value != nullptr ? std::optional<std::string>{value} : std::nullopt;
}

status read_file(const std::string& path, configuration& to) {
  std::ifstream in{path};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return error{errc::io, "cannot read the configuration file " + path};
  return read_toml(text, path, to);
}

} // namespace

std::vector<shown_option> configuration::show() const {
  std::vector<shown_option> all;
  for (auto& which : option_table()) {
    auto i = origins.find(which.name);
    all.push_back({std::string{which.name}, shown_value(which, values),
                   i != origins.end() ? i->second : option_origin{},
                   std::string{which.help}});
  }
  return all;
}

std::string configuration::render() const {
  auto lines = show();
  auto name_width = size_t{0};
  auto value_width = size_t{0};
  for (auto& x : lines) {
    name_width = std::max(name_width, x.name.size());
    value_width = std::max(value_width, x.value.size());
  }
  std::string text;
  for (auto& x : lines) {
    x.name.resize(name_width + 2, ' ');
    x.value.resize(value_width + 2, ' ');
    text += x.name + x.value + to_string(x.origin) + "\n";
  }
  return text;
}

status set_option(const option& which, std::string_view text,
                  option_origin origin, configuration& to) {
  if (auto done = which.parse(to.values, text); !done) {
    auto why = which.secret ? "the value is not allowed"
                            : done.failure().message;
    return error{errc::invalid_argument,
                 std::string{which.name} + " (" + origin.where + "): " + why};
  }
  to.origins.insert_or_assign(std::string{which.name}, std::move(origin));
  return ok();
}

config_loader::config_loader(CLI::App& app) {
  file_ = app.add_option("--config", "TOML file [MUSTER_CONFIG]")
            ->type_name("FILE");
  for (auto& which : option_table()) {
    auto* flag = which.is_flag ? app.add_flag(which.flag())
                               : app.add_option(which.flag());
    flag->description(describe(which));
    flag->group(which.name.starts_with("cluster.") ? "Cluster" : "Machine");
    if (which.is_list)
      flag->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    else
      flag->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
    flags_.emplace(which.name, flag);
  }
}

result<configuration> config_loader::load() const {
  return load(from_process);
}

result<configuration> config_loader::load(const environment& from) const {
  configuration to;
  auto path = file_->count() > 0 ? std::optional{file_->results().back()}
                                 : from("MUSTER_CONFIG");
  auto done = path ? read_file(*path, to) : ok();
  if (done)
    done = read_environment(from, to);
  if (done)
    done = read_flags(to);
  if (!done)
    return done.failure();
  // The default of 2 would refuse every write of a cluster without backups.
  auto& cluster = to.values.cluster;
  if (cluster.replication == 1 && !to.origins.contains("cluster.min_copies"))
    cluster.min_copies = 1;
  if (done = check(to.values); !done)
    return done.failure();
  return to;
}

status config_loader::read_environment(const environment& from,
                                       configuration& to) const {
  for (auto& which : option_table()) {
    auto name = which.variable();
    auto value = from(name);
    if (!value)
      continue;
    option_origin origin{option_source::environment, name};
    if (auto done = set_option(which, *value, std::move(origin), to); !done)
      return done;
  }
  return ok();
}

status config_loader::read_flags(configuration& to) const {
  for (auto& which : option_table()) {
    auto* flag = flags_.at(which.name);
    if (flag->count() == 0)
      continue;
    auto value = which.is_list ? print(flag->results(), option_unit::none)
                               : flag->results().back();
    option_origin origin{option_source::flag, which.flag()};
    if (auto done = set_option(which, value, std::move(origin), to); !done)
      return done;
  }
  return ok();
}

} // namespace muster
