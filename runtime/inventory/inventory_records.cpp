// SPDX-License-Identifier: Apache-2.0
#include "runtime/inventory/inventory_records.hpp"

#include "allocator/record_keys.hpp"

#include <nlohmann/json.hpp>

#include <charconv>
#include <cmath>

namespace muster {

namespace {

using json = nlohmann::json;

error bad(const std::string& text) {
  return error{errc::invalid_argument, text};
}

/// Reads members of one object and keeps the first complaint.
class reader {
public:
  explicit reader(std::string_view text)
    : object_(json::parse(text, nullptr, false)) {
    if (!object_.is_object())
      complain("not a JSON object");
  }

  const std::string& complaint() const {
    return complaint_;
  }

  /// @returns null if there is no such member
  const json* find(const char* name) const {
    if (!complaint_.empty())
      return nullptr;
    auto i = object_.find(name);
    return i == object_.end() ? nullptr : &*i;
  }

  uint64_t whole(const char* name, uint64_t max = quantity_max) {
    auto x = find(name);
    if (!x)
      return 0;
    if (x->is_number_unsigned() && x->get<uint64_t>() <= max)
      return x->get<uint64_t>();
    complain(std::string{name} + ": a whole number from 0 to "
             + std::to_string(max));
    return 0;
  }

  /// In thousandths.
  uint64_t thousandths(const char* name) {
    constexpr uint64_t max = quantity_max / 1000;
    auto x = find(name);
    if (!x || !x->is_number_float())
      return whole(name, max) * 1000;
    auto value = x->get<double>();
    if (value >= 0 && value <= static_cast<double>(max))
      return static_cast<uint64_t>(std::llround(value * 1000));
    complain(std::string{name} + ": a number from 0 to " + std::to_string(max));
    return 0;
  }

  std::string text(const char* name) {
    auto x = find(name);
    if (x && !x->is_string())
      complain(std::string{name} + ": a string");
    return x && x->is_string() ? x->get<std::string>() : std::string{};
  }

  std::vector<std::string> labels() {
    std::vector<std::string> out;
    auto x = find("labels");
    if (x && !x->is_object())
      complain("labels: an object of strings");
    if (!x || !x->is_object())
      return out;
    for (auto& [name, value] : x->items()) {
      if (!value.is_string())
        complain("labels: " + name + " is no string");
      else
        out.push_back(name + "=" + value.get<std::string>());
    }
    return out;
  }

private:
  void complain(std::string text) {
    if (complaint_.empty())
      complaint_ = std::move(text);
  }

  json object_;
  std::string complaint_;
};

template <class T>
result<T> finish(const reader& from, T x) {
  if (!from.complaint().empty())
    return bad(from.complaint());
  return x;
}

result<int64_t> parse_counter(std::string_view text) {
  int64_t out = 0;
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, out);
  if (ec != std::errc{} || end != last)
    return bad("not a counter, which is a whole number");
  return out;
}

/// Uses what was parsed, or else what stands for a record that is gone.
template <class T, class Put, class Remove>
status put_or_remove(const result<T>& x, Put put, Remove remove) {
  if (!x) {
    remove();
    return x.failure();
  }
  auto done = put(*x);
  if (!done)
    remove();
  return done;
}

status apply_machine(inventory& to, const record_name& name,
                     std::string_view text) {
  return put_or_remove(
    parse_machine_record(text),
    [&](auto& x) { return to.put_machine(name.machine, x); },
    [&] { to.remove_machine(name.machine); });
}

status apply_device(inventory& to, const record_name& name,
                    std::string_view text) {
  return put_or_remove(
    parse_device_record(text),
    [&](auto& x) { return to.put_device(name.machine, name.device, x); },
    [&] { to.remove_device(name.machine, name.device); });
}

status apply_load(inventory& to, const record_name& name,
                  std::string_view text) {
  return put_or_remove(
    parse_load_record(text),
    [&](auto& x) { return to.put_load(name.machine, x); },
    [&] { static_cast<void>(to.put_load(name.machine, {})); });
}

status apply_counter(inventory& to, const record_name& name,
                     std::string_view text) {
  return put_or_remove(
    parse_counter(text),
    [&](auto& x) { return to.set_counter(name.machine, name.counter, x); },
    [&] { static_cast<void>(to.set_counter(name.machine, name.counter, {})); });
}

status apply_value(inventory& to, const record_name& name,
                   std::string_view text) {
  switch (name.kind) {
    case record_kind::machine:
      return apply_machine(to, name, text);
    case record_kind::device:
      return apply_device(to, name, text);
    case record_kind::load:
      return apply_load(to, name, text);
    case record_kind::counter:
      return apply_counter(to, name, text);
    case record_kind::alive:
      to.set_started(name.machine, true);
      return ok();
    case record_kind::link:
      return to.put_link(name.from, name.to);
    case record_kind::allocation:
    case record_kind::other:
      break;
  }
  return ok();
}

void apply_removal(inventory& to, const record_name& name) {
  switch (name.kind) {
    case record_kind::machine:
      to.remove_machine(name.machine);
      break;
    case record_kind::device:
      to.remove_device(name.machine, name.device);
      break;
    case record_kind::load:
      static_cast<void>(to.put_load(name.machine, {}));
      break;
    case record_kind::counter:
      static_cast<void>(to.set_counter(name.machine, name.counter, {}));
      break;
    case record_kind::alive:
      to.set_started(name.machine, false);
      break;
    case record_kind::link:
      to.remove_link(name.from, name.to);
      break;
    case record_kind::allocation:
    case record_kind::other:
      break;
  }
}

} // namespace

result<machine_resources> parse_machine_record(std::string_view text) {
  reader from{text};
  machine_resources out;
  out.cores_permille = from.thousandths("cores");
  out.memory_bytes = from.whole("memory_bytes");
  out.gpus = static_cast<uint32_t>(from.whole("gpus", gpus_max));
  out.nic_bits_per_second = from.whole("nic_bits_per_second");
  out.rack = from.text("rack");
  out.labels = from.labels();
  if (auto site = from.text("site"); !site.empty())
    out.labels.push_back("site=" + site);
  return finish(from, std::move(out));
}

result<device_resources> parse_device_record(std::string_view text) {
  reader from{text};
  device_resources out;
  out.kind = from.text("kind");
  out.capacity_bytes = from.whole("capacity_bytes");
  if (from.find("latency_ns"))
    out.latency = nanoseconds{static_cast<int64_t>(from.whole("latency_ns"))};
  out.bandwidth_bits_per_second = from.whole("bandwidth_bits_per_second");
  out.labels = from.labels();
  return finish(from, std::move(out));
}

result<std::optional<uint32_t>> parse_load_record(std::string_view text) {
  reader from{text};
  std::optional<uint32_t> out;
  if (from.find("load_permille"))
    out = static_cast<uint32_t>(from.whole("load_permille", 1000));
  return finish(from, out);
}

status apply_record(inventory& to, std::string_view key,
                    std::optional<std::string_view> value) {
  auto name = parse_record_key(key);
  if (!value) {
    apply_removal(to, name);
    return ok();
  }
  auto done = apply_value(to, name, *value);
  if (!done)
    return bad(std::string{key} + ": " + done.failure().message);
  return done;
}

} // namespace muster
