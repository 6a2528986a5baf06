// SPDX-License-Identifier: Apache-2.0
#include "cli/inventory_commands.hpp"

#include "cli/answers.hpp"
#include "cli/on_server.hpp"
#include "cli/output.hpp"
#include "runtime/http/target.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>
#include <memory>

namespace muster::cli {

namespace {

const std::string machines_target = "/v1/inventory/machines";
const std::string devices_target = "/v1/inventory/devices";

bool has_number(const json& x, const char* member) {
  return x.is_object() && x.contains(member) && x[member].is_number();
}

/// In the largest unit of which there is one; `-`: not known.
std::string scaled(const json& x, const char* member, double step,
                   std::initializer_list<const char*> units) {
  if (!has_number(x, member))
    return "-";
  auto value = x[member].get<double>();
  auto unit = units.begin();
  for (; unit + 1 != units.end() && (value >= step || value <= -step); ++unit)
    value /= step;
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.4g %s", value, *unit);
  return text.data();
}

std::string bytes_in(const json& x, const char* member) {
  return scaled(x, member, 1024, {"B", "KiB", "MiB", "GiB", "TiB", "PiB"});
}

/// 0 is not known.
std::string bits_in(const json& x, const char* member) {
  if (has_number(x, member) && x[member] == 0)
    return "-";
  return scaled(x, member, 1000, {"bit/s", "kbit/s", "Mbit/s", "Gbit/s"});
}

std::string time_in(const json& x, const char* member) {
  return has_number(x, member) ? show_nanoseconds(x[member].get<int64_t>())
                               : "-";
}

std::string thousandths_in(const json& x, const char* member) {
  if (!has_number(x, member))
    return "-";
  std::array<char, 40> text{};
  std::snprintf(text.data(), text.size(), "%.6g",
                x[member].get<double>() / 1000);
  return text.data();
}

std::string percent_in(const json& x, const char* member) {
  if (!has_number(x, member))
    return "-";
  return std::to_string(x[member].get<int64_t>() / 10) + " %";
}

std::string text_or_dash(const json& x, const char* member) {
  auto out = text_of(x, member);
  return out.empty() ? "-" : out;
}

bool is_true(const json& x, const char* member) {
  return x.is_object() && x.contains(member) && x[member] == true;
}

std::string machine_state(const json& x) {
  if (is_true(x, "alive"))
    return "started";
  return has_number(x, "free_cores_permille") ? "away" : "loaded";
}

std::string device_state(const json& x) {
  if (is_true(x, "gone"))
    return "gone";
  if (is_true(x, "alive"))
    return "started";
  return has_number(x, "free_bytes") ? "away" : "loaded";
}

/// One line for each: `data hdd 7.3 GiB 35.9 us`.
std::string devices_in(const json& x) {
  std::string out;
  for (auto& each : x["devices"])
    out += (out.empty() ? "" : "; ") + show(each, "device") + " "
           + text_or_dash(each, "kind") + " " + bytes_in(each, "capacity_bytes")
           + " " + time_in(each, "latency_ns");
  return out.empty() ? "-" : out;
}

bool is_view(const json& x) {
  return x.is_object() && x.contains("devices") && x["devices"].is_array();
}

status print_machines(const json& found) {
  table out{{"MACHINE", "STATE", "CORES", "FREE", "MEMORY", "FREE", "GPUS",
             "NIC", "RACK", "LOAD", "DEVICES"}};
  for (auto& x : found)
    if (is_view(x))
      out.add({show(x, "machine"), machine_state(x),
               thousandths_in(x, "cores_permille"),
               thousandths_in(x, "free_cores_permille"),
               bytes_in(x, "memory_bytes"), bytes_in(x, "free_memory_bytes"),
               show(x, "gpus"), bits_in(x, "nic_bits_per_second"),
               text_or_dash(x, "rack"), percent_in(x, "load_permille"),
               devices_in(x)});
  return print(out.text());
}

std::string devices_text(const json& found) {
  table out{{"MACHINE", "DEVICE", "STATE", "KIND", "CAPACITY", "FREE", "READ",
             "P99", "WRITE", "P99", "BANDWIDTH", "PATH"}};
  for (auto& x : found)
    out.add({show(x, "machine"), show(x, "device"), device_state(x),
             text_or_dash(x, "kind"), bytes_in(x, "capacity_bytes"),
             bytes_in(x, "free_bytes"), time_in(x, "latency_ns"),
             time_in(x, "read_p99_ns"), time_in(x, "write_ns"),
             time_in(x, "write_p99_ns"),
             bits_in(x, "bandwidth_bits_per_second"), text_or_dash(x, "path")});
  return out.text();
}

/// Facts, one a line, then the devices.
status print_machine(const json& x) {
  table facts{{"machine", show(x, "machine")}};
  facts.add({"state", machine_state(x)});
  facts.add({"cores", thousandths_in(x, "cores_permille") + ", "
                        + thousandths_in(x, "free_cores_permille") + " free"});
  facts.add({"memory", bytes_in(x, "memory_bytes") + ", "
                         + bytes_in(x, "free_memory_bytes") + " free"});
  facts.add({"gpus", show(x, "gpus")});
  facts.add({"nic", bits_in(x, "nic_bits_per_second")});
  facts.add({"rack", text_or_dash(x, "rack")});
  auto labels = strings_of(x, "labels", " ");
  facts.add({"labels", labels.empty() ? "-" : labels});
  facts.add({"load", percent_in(x, "load_permille")});
  if (x.contains("problem"))
    facts.add({"problem", show(x, "problem")});
  return print(facts.text() + "\n" + devices_text(x["devices"]));
}

exit_code list_machines(const globals& x) {
  return on_server(x, ordinary_timeout, attempt{"machine list"},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found = call_json(to,
                                            {.target = machines_target + "?"
                                                       + timeout_parameter(end),
                                             .timeout = end.left()});
                     if (!found)
                       return found.failure();
                     return x.json ? print(http::to_text(*found) + "\n")
                                   : print_machines(*found);
                   });
}

exit_code show_machine(const globals& x, const std::string& id) {
  return on_server(x, ordinary_timeout, attempt{"machine show", id},
                   [&](http_caller& to, const deadline& end) -> status {
                     auto found
                       = call_json(to,
                                   {.target = machines_target + "/"
                                              + http::percent_encode(id) + "?"
                                              + timeout_parameter(end),
                                    .timeout = end.left()},
                                   {"devices"});
                     if (!found)
                       return found.failure();
                     return x.json ? print(http::to_text(*found) + "\n")
                                   : print_machine(*found);
                   });
}

exit_code list_devices(const globals& x, const std::string& machine) {
  return on_server(
    x, ordinary_timeout, attempt{"device list", machine},
    [&](http_caller& to, const deadline& end) -> status {
      auto target = devices_target + "?" + timeout_parameter(end);
      if (!machine.empty())
        target += "&machine=" + http::percent_encode(machine);
      auto found = call_json(to, {.target = target, .timeout = end.left()});
      if (!found)
        return found.failure();
      return print(x.json ? http::to_text(*found) + "\n"
                          : devices_text(*found));
    });
}

} // namespace

void add_machine_views(CLI::App& machine, invocation& to) {
  machine
    .add_subcommand("list", "What each machine has, and what of it is left")
    ->callback([&to] { to.run = [&to] { return list_machines(to.common); }; });
  auto one = machine.add_subcommand("show", "One machine and its devices");
  auto id = std::make_shared<std::string>();
  one->add_option("machine", *id, "such as m2")->required();
  one->callback(
    [id, &to] { to.run = [id, &to] { return show_machine(to.common, *id); }; });
}

void add_device_commands(CLI::App& app, invocation& to) {
  auto group = app.add_subcommand("device", "Storage devices of machines");
  group->require_subcommand(1);
  group->fallthrough();
  auto list = group->add_subcommand("list", "All devices, with their times");
  auto machine = std::make_shared<std::string>();
  list->add_option("--machine", *machine, "only this machine's");
  list->callback([machine, &to] {
    to.run = [machine, &to] { return list_devices(to.common, *machine); };
  });
}

} // namespace muster::cli
