// SPDX-License-Identifier: Apache-2.0
#include "cli/answers.hpp"
#include "cli/app.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "registry/key.hpp"
#include "registry/utf8.hpp"
#include "runtime/http/parameters.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <iostream>
#include <memory>

namespace muster::cli {

namespace {

constexpr size_t value_width = 60;

/// What `put` and `del` were asked.
struct change {
  std::string key;
  std::string value;
  std::optional<uint64_t> if_version;
  bool if_absent = false;
  /// Empty: bound to none.
  std::string session;
};

std::string record_target(const std::string& key,
                          const std::string& session = {}) {
  auto bound = session.empty() ? std::string{}
                               : "/sessions/" + http::percent_encode(session);
  return "/v1" + bound + "/records" + http::percent_encode(key);
}

/// The argument, or all of stdin for `-`.
result<std::string> read_value(const std::string& argument) {
  if (argument != "-")
    return argument;
  std::string out(value_bytes_max + 1, '\0');
  std::cin.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<size_t>(std::cin.gcount()));
  if (out.size() > value_bytes_max)
    return error{errc::invalid_argument, "the value on stdin is larger than "
                                           + std::to_string(value_bytes_max)
                                           + " bytes"};
  return out;
}

std::string guards_of(const change& x) {
  std::string out;
  if (x.if_version)
    out += "&if_version=" + std::to_string(*x.if_version);
  if (x.if_absent)
    out += "&if_absent";
  return out;
}

/// Prints outcome, version and command, also of a refusal.
status print_outcome(const globals& x, const reply& answered) {
  auto parsed = http::parse_json(answered.body);
  auto told = json_of(answered);
  if (parsed && parsed->is_object() && parsed->contains("outcome")) {
    json out{{"outcome", (*parsed)["outcome"]},
             {"version", (*parsed)["version"]},
             {"command", (*parsed)["command"]}};
    auto text = x.json
                  ? http::to_text(out)
                  : show(out, "outcome") + "  version " + show(out, "version")
                      + "  command " + show(out, "command");
    if (auto printed = print(text + "\n"); !printed)
      return printed;
  }
  if (!told)
    return told.failure();
  return ok();
}

exit_code change_record(const globals& x, const change& y, bool put) {
  attempt trying{put ? "put" : "del", y.key};
  if (auto checked = check_key(y.key); !checked)
    return report(x, checked.failure(), trying);
  auto value = read_value(y.value);
  if (!value)
    return report(x, value.failure(), trying);
  return on_server(x, ordinary_timeout, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.method = put ? "PUT" : "DELETE",
                                  .target = record_target(y.key, y.session)
                                            + "?" + timeout_parameter(end)
                                            + guards_of(y),
                                  .body = *value,
                                  .timeout = end.left(),
                                  .at_most_once = true};
                     auto answered = to.send(request);
                     if (!answered)
                       return answered.failure();
                     return print_outcome(x, *answered);
                   });
}

status print_record(const globals& x, const json& found) {
  if (x.json)
    return print(http::to_text(found) + "\n");
  if (stderr_is_terminal())
    say("version " + show(found, "version") + ", served by "
        + show(found, "served_by") + " (" + show(found, "served_from") + ")");
  // The bytes as they are, for a file; a line, for a person.
  auto value = value_of(found);
  return stdout_is_terminal() ? print(printable(value) + "\n") : print(value);
}

exit_code get_record(const globals& x, const std::string& key, bool confirmed) {
  attempt trying{"get", key};
  if (auto checked = check_key(key); !checked)
    return report(x, checked.failure(), trying);
  return on_server(x, ordinary_timeout, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.target = record_target(key) + "?"
                                            + timeout_parameter(end)
                                            + (confirmed ? "&confirmed" : ""),
                                  .timeout = end.left()};
                     auto found = call_json(to, request);
                     if (!found)
                       return found.failure();
                     return print_record(x, *found);
                   });
}

status print_records(const globals& x, const json& records) {
  if (x.json)
    return print(http::to_text(records) + "\n");
  table out{{"KEY", "VERSION", "SERVED BY", "FROM", "VALUE"}};
  for (auto& each : records)
    out.add({show(each, "key"), show(each, "version"), show(each, "served_by"),
             show(each, "served_from"),
             printable(value_of(each), value_width)});
  return print(out.text());
}

exit_code list_records(const globals& x, const std::string& prefix) {
  attempt trying{"ls", prefix};
  auto normalized = normalize_prefix(prefix);
  if (!normalized)
    return report(x, normalized.failure(), trying);
  return on_server(x, ordinary_timeout, trying,
                   [&](http_caller& to, const deadline& end) -> status {
                     call request{.target = "/v1/list?prefix="
                                            + http::percent_encode(*normalized)
                                            + "&" + timeout_parameter(end),
                                  .timeout = end.left()};
                     auto found = call_json(to, request);
                     if (!found)
                       return found.failure();
                     return print_records(x, *found);
                   });
}

void add_guard_options(CLI::App& command, change& x) {
  command.add_option("key", x.key, "such as /a/b")->required();
  // CLI11 would take -1 for the largest number, and nothing for 0.
  command.add_option_function<std::string>(
    "--if-version",
    [&x](const std::string& text) {
      x.if_version = http::whole_number(text);
      if (!x.if_version)
        throw CLI::ValidationError("--if-version",
                                   "a version is a whole number from 0 on");
    },
    "only if the record has this version (0: is absent)");
}

} // namespace

void add_record_commands(CLI::App& app, invocation& to) {
  auto put = app.add_subcommand("put", "Write a record");
  auto changed = std::make_shared<change>();
  add_guard_options(*put, *changed);
  put->add_option("value", changed->value, "- reads it from stdin")->required();
  put->add_flag("--if-absent", changed->if_absent, "only if there is none");
  put->add_option("--session", changed->session,
                  "it vanishes when this session ends");
  put->callback([changed, &to] {
    to.run = [changed, &to] {
      return change_record(to.common, *changed, true);
    };
  });

  auto del = app.add_subcommand("del", "Delete a record");
  auto deleted = std::make_shared<change>();
  add_guard_options(*del, *deleted);
  del->callback([deleted, &to] {
    to.run = [deleted, &to] {
      return change_record(to.common, *deleted, false);
    };
  });

  struct reading {
    std::string key;
    bool confirmed = false;
  };
  auto get = app.add_subcommand("get", "Read a record");
  auto read = std::make_shared<reading>();
  get->add_option("key", read->key, "such as /a/b")->required();
  get->add_flag("--confirmed", read->confirmed, "ask the record's home");
  get->callback([read, &to] {
    to.run = [read, &to] {
      return get_record(to.common, read->key, read->confirmed);
    };
  });

  auto ls = app.add_subcommand("ls", "List the records under a prefix");
  auto prefix = std::make_shared<std::string>("/");
  ls->add_option("prefix", *prefix, "such as /machines/")
    ->capture_default_str();
  ls->callback([prefix, &to] {
    to.run = [prefix, &to] { return list_records(to.common, *prefix); };
  });
}

} // namespace muster::cli
