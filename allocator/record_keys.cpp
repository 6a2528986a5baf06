// SPDX-License-Identifier: Apache-2.0
#include "allocator/record_keys.hpp"

#include <array>
#include <charconv>

namespace muster {

namespace {

constexpr std::string_view machines = "/machines/";
constexpr std::string_view links = "/topology/links/";

/// The segments after the machine's; at most three are of interest.
struct segments {
  std::array<std::string_view, 4> at;
  size_t count = 0;
};

segments split(std::string_view x) {
  segments out;
  while (!x.empty() && out.count < out.at.size()) {
    auto end = x.find('/');
    out.at[out.count++] = x.substr(0, end);
    x.remove_prefix(end == std::string_view::npos ? x.size() : end + 1);
  }
  return out;
}

std::optional<uint32_t> gpu_number(std::string_view x) {
  uint32_t out = 0;
  auto last = x.data() + x.size();
  auto [end, ec] = std::from_chars(x.data(), last, out);
  auto plain = x.size() == 1 || !x.starts_with('0');
  if (ec != std::errc{} || end != last || !plain || out >= gpus_max)
    return std::nullopt;
  return out;
}

std::optional<counter_name> parse_counter(const segments& x) {
  if (x.count == 3 && x.at[2] == "cores")
    return counter_name{counter_kind::cores, 0, {}};
  if (x.count == 3 && x.at[2] == "memory")
    return counter_name{counter_kind::memory, 0, {}};
  if (x.count != 4)
    return std::nullopt;
  if (x.at[2] == "devices")
    return counter_name{counter_kind::device, 0, std::string{x.at[3]}};
  if (x.at[2] != "gpus")
    return std::nullopt;
  auto number = gpu_number(x.at[3]);
  return number ? std::optional{counter_name{counter_kind::gpu, *number, {}}}
                : std::nullopt;
}

record_name parse_machine_key(std::string_view rest) {
  record_name out;
  auto x = split(rest);
  out.machine = machine_id{std::string{x.at[0]}};
  if (x.count == 1) {
    out.kind = record_kind::machine;
  } else if (x.count == 2 && x.at[1] == "alive") {
    out.kind = record_kind::alive;
  } else if (x.count == 2 && x.at[1] == "load") {
    out.kind = record_kind::load;
  } else if (x.count == 3 && x.at[1] == "devices") {
    out.kind = record_kind::device;
    out.device = x.at[2];
  } else if (x.count == 3 && x.at[1] == "allocations") {
    out.kind = record_kind::allocation;
    out.allocation = x.at[2];
  } else if (x.at[1] == "free") {
    if (auto counter = parse_counter(x)) {
      out.kind = record_kind::counter;
      out.counter = std::move(*counter);
    }
  }
  return out.kind == record_kind::other ? record_name{} : out;
}

record_name parse_link_key(std::string_view rest) {
  auto middle = rest.find('~');
  if (middle == 0 || middle == std::string_view::npos
      || middle + 1 == rest.size() || rest.find('/') != std::string_view::npos
      || rest.find('~', middle + 1) != std::string_view::npos)
    return {};
  record_name out;
  out.kind = record_kind::link;
  out.from = rest.substr(0, middle);
  out.to = rest.substr(middle + 1);
  return out;
}

} // namespace

record_name parse_record_key(std::string_view key) {
  if (key.starts_with(machines) && key.size() > machines.size()) {
    key.remove_prefix(machines.size());
    // More than four segments name nothing here.
    size_t slashes = 0;
    for (auto c : key)
      slashes += c == '/';
    return slashes > 3 ? record_name{} : parse_machine_key(key);
  }
  if (key.starts_with(links))
    return parse_link_key(key.substr(links.size()));
  return {};
}

std::string machine_key(const machine_id& x) {
  return std::string{machines} + x.value;
}

std::string device_key(const machine_id& x, std::string_view device) {
  return machine_key(x) + "/devices/" + std::string{device};
}

std::string counter_key(const machine_id& x, const counter_name& counter) {
  auto out = machine_key(x) + "/free/";
  switch (counter.kind) {
    case counter_kind::cores:
      return out + "cores";
    case counter_kind::memory:
      return out + "memory";
    case counter_kind::gpu:
      return out + "gpus/" + std::to_string(counter.gpu);
    case counter_kind::device:
      return out + "devices/" + counter.device;
  }
  return out;
}

std::string allocation_key(const machine_id& x, std::string_view allocation) {
  return machine_key(x) + "/allocations/" + std::string{allocation};
}

std::string link_key(std::string_view a, std::string_view b) {
  if (b < a)
    std::swap(a, b);
  return std::string{links} + std::string{a} + "~" + std::string{b};
}

} // namespace muster
