// SPDX-License-Identifier: Apache-2.0
#include "runtime/observe/metrics_collector.hpp"

#include <cmath>

namespace muster {

namespace {

prometheus::MetricType type_of(uint8_t kind) {
  constexpr prometheus::MetricType types[]
    = {prometheus::MetricType::Counter, prometheus::MetricType::Gauge,
       prometheus::MetricType::Histogram};
  return types[kind];
}

double scale_of(metric_unit unit) {
  return unit == metric_unit::seconds ? 1e-9 : 1;
}

} // namespace

std::vector<prometheus::MetricFamily> metrics_collector::Collect() const {
  std::lock_guard guard{from_.mutex_};
  std::vector<prometheus::MetricFamily> all;
  for (auto& [name, family] : from_.families_) {
    if (family.members.empty())
      continue;
    prometheus::MetricFamily shown;
    shown.name = name;
    shown.help = family.help;
    shown.type = type_of(static_cast<uint8_t>(family.kind));
    for (auto& x : family.members)
      shown.metric.push_back(collect(family.kind, *x));
    all.push_back(std::move(shown));
  }
  return all;
}

prometheus::ClientMetric
metrics_collector::collect(metrics::type kind, const metrics::member& x) const {
  prometheus::ClientMetric shown;
  for (auto& [name, value] : x.labels)
    shown.label.push_back({name, value});
  if (kind == metrics::type::histogram)
    shown.histogram = collect_histogram(x);
  else if (kind == metrics::type::gauge)
    shown.gauge.value = x.read ? x.read()
                               : static_cast<double>(x.value->load());
  else
    shown.counter.value = x.read ? x.read()
                                 : static_cast<double>(from_.pool_.sum(x.slot));
  return shown;
}

prometheus::ClientMetric::Histogram
metrics_collector::collect_histogram(const metrics::member& x) const {
  prometheus::ClientMetric::Histogram shown;
  auto scale = scale_of(x.shape.unit);
  auto slot = x.slot;
  for (int i = x.shape.first; i <= x.shape.last; ++i) {
    shown.sample_count += from_.pool_.sum(slot++);
    shown.bucket.push_back({shown.sample_count, std::ldexp(scale, i)});
  }
  shown.sample_count += from_.pool_.sum(slot++);
  shown.bucket.push_back(
    {shown.sample_count, std::numeric_limits<double>::infinity()});
  shown.sample_sum = scale * static_cast<double>(from_.pool_.sum(slot));
  return shown;
}

} // namespace muster
