// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/metrics.hpp"

#include "runtime/observe/metrics_collector.hpp"

#include <prometheus/text_serializer.h>

#include <algorithm>
#include <cassert>
#include <sstream>

namespace muster {

namespace {

[[maybe_unused]] bool is_metric_name(const std::string& x) {
  return x.starts_with("muster_")
         && std::all_of(x.begin(), x.end(), [](char c) {
              return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')
                     || c == '_';
            });
}

} // namespace

metrics::metrics() = default;

metrics::~metrics() = default;

std::pair<metrics::member*, bool> metrics::find_or_add(const std::string& name,
                                                       const std::string& help,
                                                       type kind,
                                                       metric_labels labels) {
  assert(is_metric_name(name));
  auto [i, is_new] = families_.try_emplace(name);
  auto& where = i->second;
  if (is_new) {
    where.help = help;
    where.kind = kind;
  }
  assert(where.kind == kind);
  for (auto& x : where.members)
    if (x->labels == labels)
      return {x.get(), false};
  where.members.push_back(std::make_unique<member>());
  where.members.back()->labels = std::move(labels);
  return {where.members.back().get(), true};
}

size_t metrics::take_slots(size_t count) {
  assert(slots_used_ + count <= slot_block::slots_max);
  return std::exchange(slots_used_, slots_used_ + count);
}

counter metrics::add_counter(const std::string& name, const std::string& help,
                             metric_labels labels) {
  std::lock_guard guard{mutex_};
  auto [x, is_new] = find_or_add(name, help, type::counter, std::move(labels));
  if (is_new)
    x->slot = take_slots(1);
  assert(!x->read);
  return {&pool_, x->slot};
}

gauge metrics::add_gauge(const std::string& name, const std::string& help,
                         metric_labels labels) {
  std::lock_guard guard{mutex_};
  auto [x, is_new] = find_or_add(name, help, type::gauge, std::move(labels));
  if (is_new)
    x->value = std::make_unique<std::atomic<int64_t>>(0);
  assert(x->value);
  return gauge{x->value.get()};
}

histogram metrics::add_histogram(const std::string& name,
                                 const std::string& help, histogram_shape shape,
                                 metric_labels labels) {
  assert(shape.first <= shape.last && shape.last < 64);
  std::lock_guard guard{mutex_};
  auto [x, is_new] = find_or_add(name, help, type::histogram,
                                 std::move(labels));
  if (is_new) {
    x->shape = shape;
    // The bounded buckets, the rest, the sum.
    x->slot = take_slots(size_t{shape.last} - shape.first + 3);
  }
  return {&pool_, x->slot, x->shape};
}

void metrics::add_gauge(const std::string& name, const std::string& help,
                        metric_labels labels, const void* owner, reading read) {
  assert(owner != nullptr && read);
  std::lock_guard guard{mutex_};
  auto x = find_or_add(name, help, type::gauge, std::move(labels)).first;
  x->owner = owner;
  x->read = std::move(read);
}

void metrics::add_counter(const std::string& name, const std::string& help,
                          metric_labels labels, const void* owner,
                          reading read) {
  assert(owner != nullptr && read);
  std::lock_guard guard{mutex_};
  auto x = find_or_add(name, help, type::counter, std::move(labels)).first;
  x->owner = owner;
  x->read = std::move(read);
}

void metrics::remove_callbacks(const void* owner) {
  std::lock_guard guard{mutex_};
  for (auto& [name, each] : families_)
    std::erase_if(each.members, [owner](auto& x) { return x->owner == owner; });
}

std::string metrics::render() const {
  std::ostringstream out;
  prometheus::TextSerializer{}.Serialize(out,
                                         metrics_collector{*this}.Collect());
  return out.str();
}

} // namespace muster
