// SPDX-License-Identifier: Apache-2.0
#include "runtime/inventory/published_machines.hpp"

#include "allocator/record_keys.hpp"
#include "registry/key.hpp"
#include "runtime/inventory/inventory_records.hpp"
#include "runtime/inventory/inventory_text.hpp"

#include <charconv>

namespace muster {

namespace {

const std::string machines_prefix = "/machines";

std::optional<int64_t> number_of(const std::string& text) {
  int64_t out = 0;
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, out);
  return ec == std::errc{} && end == last ? std::optional{out} : std::nullopt;
}

/// Puts machines together from their records, which are in order of keys.
class collector {
public:
  void take(const read_answer& x) {
    auto name = parse_record_key(x.key);
    switch (name.kind) {
      case record_kind::machine:
        take_machine(of(name), x.value);
        break;
      case record_kind::alive:
        of(name).what.alive = true;
        break;
      case record_kind::load:
        if (auto load = parse_load_record(x.value))
          of(name).what.load_permille = *load;
        break;
      case record_kind::device:
        take_device(of(name).devices[name.device], x.value);
        break;
      case record_kind::counter:
        take_counter(of(name), name.counter, number_of(x.value));
        break;
      default:
        break;
    }
  }

  std::vector<published_machine> finish() {
    std::vector<published_machine> out;
    for (auto& [id, x] : found_) {
      x.what.id = id;
      for (auto& [name, d] : x.devices)
        if (d.there) {
          d.what.name = name;
          x.what.devices.push_back(std::move(d.what));
        }
      if (x.there || x.what.alive || !x.what.devices.empty())
        out.push_back(std::move(x.what));
    }
    return out;
  }

private:
  struct device {
    published_device what;
    /// There is a record, not only a counter.
    bool there = false;
  };

  struct entry {
    published_machine what;
    bool there = false;
    std::map<std::string, device> devices;
  };

  entry& of(const record_name& x) {
    return found_[x.machine];
  }

  void take_machine(entry& to, const std::string& text) {
    to.there = true;
    auto parsed = text_.machine_of(text);
    if (parsed)
      to.what.what = std::move(*parsed);
    else
      to.what.problem = parsed.failure().message;
  }

  void take_device(device& to, const std::string& text) {
    to.there = true;
    auto parsed = text_.device_of(text);
    if (parsed)
      to.what.what = std::move(*parsed);
    else
      to.what.problem = parsed.failure().message;
  }

  static void take_counter(entry& to, const counter_name& name,
                           std::optional<int64_t> value) {
    switch (name.kind) {
      case counter_kind::cores:
        to.what.left_cores_permille = value;
        break;
      case counter_kind::memory:
        to.what.left_memory_bytes = value;
        break;
      case counter_kind::gpu:
        if (value)
          to.what.left_gpus_permille[name.gpu] = *value;
        break;
      case counter_kind::device:
        to.devices[name.device].what.left_bytes = value;
        break;
    }
  }

  inventory_text text_;
  std::map<machine_id, entry> found_;
};

result<std::vector<published_machine>>
read_published(machine& at, const std::string& prefix,
               std::chrono::nanoseconds timeout) {
  read_options how;
  how.timeout = timeout;
  auto found = at.list(prefix, how);
  if (!found)
    return found.failure();
  collector all;
  for (auto& x : *found)
    all.take(x);
  return all.finish();
}

} // namespace

result<std::vector<published_machine>>
list_published(machine& at, std::chrono::nanoseconds timeout) {
  return read_published(at, machines_prefix, timeout);
}

result<published_machine> find_published(machine& at, const machine_id& id,
                                         std::chrono::nanoseconds timeout) {
  auto prefix = normalize_prefix(machine_key(id));
  if (!prefix)
    return prefix.failure();
  auto found = read_published(at, *prefix, timeout);
  if (!found)
    return found.failure();
  if (found->size() != 1 || found->front().id != id)
    return error{errc::not_found,
                 "machine " + id.value + " has published nothing"};
  return std::move(found->front());
}

} // namespace muster
