// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/observe/metrics.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace muster {

/// Shows a `metrics` to prometheus-cpp, whose own counters and histograms are
/// not used: its histogram takes a mutex. Refers to the registry, which must
/// outlive it. Thread-safe.
class metrics_collector : public prometheus::Collectable {
public:
  explicit metrics_collector(const metrics& from) : from_(from) {
    // nop
  }

  /// All families that have members, sorted by name. A histogram's count is
  /// the sum of its buckets, so the two agree while threads count.
  std::vector<prometheus::MetricFamily> Collect() const override;

private:
  prometheus::ClientMetric collect(metrics::type kind,
                                   const metrics::member& x) const;
  prometheus::ClientMetric::Histogram
  collect_histogram(const metrics::member& x) const;

  const metrics& from_;
};

} // namespace muster
