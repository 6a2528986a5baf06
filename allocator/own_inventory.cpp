// SPDX-License-Identifier: Apache-2.0
#include "allocator/own_inventory.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster {

namespace {

constexpr uint64_t gpu_permille = 1000;

template <class T>
bool is_near(const T& a, const T& b) {
  return a <= 2 * b && b <= 2 * a;
}

bool is_near(const std::optional<nanoseconds>& a,
             const std::optional<nanoseconds>& b) {
  return a && b ? is_near(a->count(), b->count()) : !a && !b;
}

bool is_near(const device_record& a, const device_record& b) {
  return is_near(a.what.latency, b.what.latency) && is_near(a.write, b.write)
         && is_near(a.what.bandwidth_bits_per_second,
                    b.what.bandwidth_bits_per_second);
}

bool has_step(std::optional<uint32_t> a, std::optional<uint32_t> b,
              uint32_t step) {
  if (!a || !b)
    return a.has_value() != b.has_value();
  return *a >= *b + step || *b >= *a + step;
}

/// What is kept of a machine's records.
bool is_own(record_kind x) {
  return x == record_kind::machine || x == record_kind::device
         || x == record_kind::load || x == record_kind::counter;
}

} // namespace

own_inventory::own_inventory(const machine_id& self,
                             const own_record_codec& codec,
                             own_inventory_options options)
  : self_(self), codec_(codec), options_(options) {
  // nop
}

void own_inventory::on_found(found_inventory x) {
  assert(x.devices.size() <= machine_devices_max);
  found_ = std::move(x);
  done_ = false;
}

void own_inventory::on_load(load_record x) {
  load_ = std::move(x);
  done_ = false;
}

std::optional<own_inventory::request> own_inventory::on_tick(boot_time now) {
  if (!found_ || waiting_ || now < next_)
    return std::nullopt;
  if (known_ && now >= check_)
    known_.reset();
  if (!known_) {
    waiting_ = true;
    return request{};
  }
  if (done_)
    return std::nullopt;
  note_.clear();
  open_ = draft();
  done_ = !open_;
  if (done_) {
    if (!std::exchange(was_done_, true))
      notes_.push_back("up to date");
    return std::nullopt;
  }
  waiting_ = true;
  return request{*open_};
}

void own_inventory::on_records(
  const std::optional<std::vector<listed_record>>& xs, boot_time now) {
  waiting_ = false;
  if (!xs) {
    next_ = now + options_.retry;
    return;
  }
  known_.emplace();
  done_ = false;
  check_ = now + options_.check_every;
  for (auto& x : *xs)
    if (auto name = parse_record_key(x.key);
        is_own(name.kind) && name.machine == self_)
      (*known_)[x.key] = x.value;
  if (!known(machine_key(self_) + "/load"))
    published_load_.reset();
}

void own_inventory::on_answer(outcome what, boot_time now) {
  auto sent = std::exchange(open_, std::nullopt);
  waiting_ = false;
  if (what != outcome::committed || !sent || !known_) {
    known_.reset();
    published_load_.reset();
    next_ = now + options_.retry;
    return;
  }
  if (!note_.empty())
    notes_.push_back(std::move(note_));
  for (auto& op : sent->operations)
    if (op.kind == operation_kind::put)
      (*known_)[op.key] = op.value;
}

std::vector<std::string> own_inventory::take_notes() {
  return std::exchange(notes_, {});
}

std::optional<command> own_inventory::draft() {
  if (auto x = draft_machine())
    return x;
  for (auto& each : found_->devices)
    if (auto x = draft_device(each))
      return x;
  for (auto& [key, text] : *known_)
    if (auto x = draft_gone(key))
      return x;
  return draft_load();
}

std::optional<command> own_inventory::draft_machine() {
  auto key = machine_key(self_);
  auto& now = found_->machine;
  auto out = replace(key, codec_.text_of(now));
  std::optional<machine_resources> before = machine_resources{};
  if (auto text = known(key)) {
    auto parsed = codec_.machine_of(*text);
    before = parsed ? std::optional{*parsed} : std::nullopt;
  }
  auto was = [&](auto member) {
    return before ? std::optional<uint64_t>{(*before).*member} : std::nullopt;
  };
  add_counter(out, {counter_kind::cores, 0, {}},
              was(&machine_resources::cores_permille), now.cores_permille);
  add_counter(out, {counter_kind::memory, 0, {}},
              was(&machine_resources::memory_bytes), now.memory_bytes);
  for (uint32_t i = 0; i < gpus_max; ++i) {
    auto had = before ? std::optional{i < before->gpus ? gpu_permille : 0}
                      : std::nullopt;
    add_counter(out, {counter_kind::gpu, i, {}}, had,
                i < now.gpus ? gpu_permille : 0);
  }
  auto text = known(key);
  auto same = text && *text == out.operations.front().value;
  if (same && out.operations.size() == 1)
    return std::nullopt;
  note_ = text ? "machine changed" : "machine published";
  return out;
}

std::optional<command> own_inventory::draft_device(const found_device& x) {
  auto key = device_key(self_, x.name);
  std::optional<device_record> published;
  std::optional<uint64_t> before = 0;
  auto text = known(key);
  if (text) {
    before.reset();
    if (auto parsed = codec_.device_of(*text)) {
      before = parsed->what.capacity_bytes;
      published = std::move(*parsed);
    }
  }
  auto now = settled(x, published);
  auto out = replace(key, codec_.text_of(now));
  add_counter(out, {counter_kind::device, 0, x.name}, before,
              now.what.capacity_bytes);
  auto same = text && *text == out.operations.front().value;
  if (same && out.operations.size() == 1)
    return std::nullopt;
  note_ = "device=" + x.name + (text ? " changed" : " published");
  return out;
}

std::optional<command> own_inventory::draft_gone(const std::string& key) {
  auto name = parse_record_key(key);
  if (name.kind != record_kind::device)
    return std::nullopt;
  auto is_it = [&](auto& d) { return d.name == name.device; };
  if (std::any_of(found_->devices.begin(), found_->devices.end(), is_it))
    return std::nullopt;
  auto parsed = codec_.device_of(*known(key));
  if (parsed && parsed->gone)
    return std::nullopt;
  std::optional<uint64_t> before;
  device_record now;
  if (parsed) {
    before = parsed->what.capacity_bytes;
    now = std::move(*parsed);
  }
  now.gone = true;
  now.what.capacity_bytes = 0;
  auto out = replace(key, codec_.text_of(now));
  add_counter(out, {counter_kind::device, 0, name.device}, before, 0);
  note_ = "device=" + name.device + " gone";
  return out;
}

std::optional<command> own_inventory::draft_load() {
  if (!load_ || !has_moved(*load_))
    return std::nullopt;
  published_load_ = load_;
  command out;
  out.operations.push_back({operation_kind::put, machine_key(self_) + "/load",
                            codec_.text_of(*load_)});
  return out;
}

const std::string* own_inventory::known(const std::string& key) const {
  auto i = known_->find(key);
  return i == known_->end() ? nullptr : &i->second;
}

command own_inventory::replace(const std::string& key, std::string text) const {
  command out;
  guard as_it_was;
  as_it_was.key = key;
  if (auto x = known(key)) {
    as_it_was.kind = guard_kind::value;
    as_it_was.value = *x;
  }
  out.guards.push_back(std::move(as_it_was));
  out.operations.push_back({operation_kind::put, key, std::move(text)});
  return out;
}

void own_inventory::add_counter(command& to, const counter_name& name,
                                std::optional<uint64_t> before,
                                uint64_t now) const {
  auto key = counter_key(self_, name);
  if (known(key)) {
    auto delta = static_cast<int64_t>(now)
                 - static_cast<int64_t>(before.value_or(now));
    if (delta != 0)
      to.operations.push_back({operation_kind::add, key, {}, delta});
  } else if (now != 0) {
    to.guards.push_back({guard_kind::absent, key, {}, {}});
    to.operations.push_back({operation_kind::put, key, std::to_string(now)});
  }
}

device_record
own_inventory::settled(const found_device& x,
                       const std::optional<device_record>& published) const {
  auto out = x.what;
  if (published && published->path == out.path) {
    if (out.share_permille != 0 && published->free_bytes != 0)
      out.free_bytes = published->free_bytes;
    if (is_near(out, *published)) {
      out.what.latency = published->what.latency;
      out.what.bandwidth_bits_per_second
        = published->what.bandwidth_bits_per_second;
      out.read_p99 = published->read_p99;
      out.write = published->write;
      out.write_p99 = published->write_p99;
    }
  }
  if (out.share_permille != 0)
    out.what.capacity_bytes = out.free_bytes / 1000 * out.share_permille;
  return out;
}

bool own_inventory::has_moved(const load_record& x) const {
  if (!published_load_)
    return true;
  auto& old = *published_load_;
  auto step = options_.load_step_permille;
  if (has_step(x.load_permille, old.load_permille, step)
      || has_step(x.cpu_permille, old.cpu_permille, step)
      || has_step(x.nic_permille, old.nic_permille, step)
      || x.devices.size() != old.devices.size())
    return true;
  for (size_t i = 0; i < x.devices.size(); ++i)
    if (x.devices[i].name != old.devices[i].name
        || has_step(x.devices[i].permille, old.devices[i].permille, step))
      return true;
  return false;
}

} // namespace muster
