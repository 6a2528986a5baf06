// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/request_json.hpp"

#include "allocator/topology.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace muster {

namespace {

using json = placement_json;

/// Reads members and keeps the first complaint.
class member_reader {
public:
  explicit member_reader(const json& x) : from_(x) {
    if (!from_.is_object())
      complain("the request is not a JSON object");
  }

  const std::string& complaint() const {
    return complaint_;
  }

  template <class T>
  std::optional<T> whole(const char* name) {
    auto x = take(name);
    if (x == nullptr)
      return std::nullopt;
    constexpr uint64_t most = std::numeric_limits<T>::max();
    if (x->is_number_unsigned() && x->template get<uint64_t>() <= most)
      return static_cast<T>(x->template get<uint64_t>());
    complain(std::string{name} + ": a whole number from 0 on");
    return std::nullopt;
  }

  std::optional<nanoseconds> time(const char* name) {
    auto x = whole<int64_t>(name);
    return x ? std::optional{nanoseconds{*x}} : std::nullopt;
  }

  std::string text(const char* name) {
    auto x = take(name);
    if (x != nullptr && x->is_string())
      return x->get<std::string>();
    if (x != nullptr)
      complain(std::string{name} + ": a string");
    return {};
  }

  /// @param find  the value of that name, or nothing
  template <class F>
  auto choice(const char* name, const char* names, F find) {
    auto x = text(name);
    auto out = find(x);
    if (!x.empty() && !out)
      complain(std::string{name} + ": one of " + names + ", not '" + x + "'");
    return out;
  }

  std::vector<std::string> texts(const char* name) {
    std::vector<std::string> out;
    auto x = take(name);
    if (x == nullptr)
      return out;
    auto is_text = [](auto& y) { return y.is_string(); };
    if (!x->is_array() || !std::all_of(x->begin(), x->end(), is_text)) {
      complain(std::string{name} + ": an array of strings");
      return out;
    }
    for (auto& y : *x)
      out.push_back(y.template get<std::string>());
    return out;
  }

  /// Complains about what nobody has asked for.
  void finish() {
    if (!from_.is_object())
      return;
    for (auto& [name, value] : from_.items())
      if (std::find(taken_.begin(), taken_.end(), name) == taken_.end())
        complain(name + ": there is no such member of a request");
  }

private:
  const json* take(const char* name) {
    taken_.emplace_back(name);
    if (!from_.is_object())
      return nullptr;
    auto i = from_.find(name);
    return i == from_.end() ? nullptr : &*i;
  }

  void complain(std::string text) {
    if (complaint_.empty())
      complaint_ = std::move(text);
  }

  const json& from_;
  std::string complaint_;
  std::vector<std::string> taken_;
};

template <class T>
void add(json& to, const char* name, const std::optional<T>& x) {
  if (x)
    to[name] = *x;
}

void add(json& to, const char* name, const std::optional<nanoseconds>& x) {
  if (x)
    to[name] = x->count();
}

bool is_measured(const lack& x) {
  return is_quantity(x.which) || x.which == criterion::hops
         || x.which == criterion::reachable;
}

json json_of(const lack& x) {
  json out{{"criterion", to_string(x.which)}};
  if (!is_measured(x))
    return out;
  auto known = is_quantity(x.which) ? x.has < unmeasured : x.has != unreachable;
  out["has"] = known ? json(x.has) : json(nullptr);
  out["wanted"] = x.wanted;
  return out;
}

json json_of(const miss& x) {
  json out{{"machine", x.machine.value}, {"device", x.device}};
  out["lacks"] = json::array();
  for (auto& each : x.lacks)
    out["lacks"].push_back(json_of(each));
  return out;
}

std::string name_of(const miss& x) {
  return x.device.empty() ? x.machine.value : x.machine.value + "/" + x.device;
}

std::string text_of(const lack& x) {
  std::string out = to_string(x.which);
  if (x.which == criterion::reachable)
    return "no path";
  if (!is_measured(x))
    return out;
  auto known = is_quantity(x.which) ? x.has < unmeasured : x.has != unreachable;
  return out + " " + (known ? std::to_string(x.has) : "unknown") + ", wanted "
         + std::to_string(x.wanted);
}

} // namespace

result<qos> parse_qos(const json& x) {
  member_reader from{x};
  qos out;
  out.capacity_bytes = from.whole<uint64_t>("capacity_bytes");
  out.latency = from.time("latency_ns");
  out.bandwidth_bits_per_second
    = from.whole<uint64_t>("bandwidth_bits_per_second");
  out.hops = from.whole<uint32_t>("hops");
  out.from = from.text("from");
  out.load_permille = from.whole<uint32_t>("load_permille");
  out.cores_permille = from.whole<uint64_t>("cores_permille");
  out.memory_bytes = from.whole<uint64_t>("memory_bytes");
  out.gpus = from.whole<uint32_t>("gpus");
  out.gpu_share_permille = from.whole<uint32_t>("gpu_share_permille");
  out.device_kind = from.text("device_kind");
  out.labels = from.texts("labels");
  out.replicas = from.whole<uint32_t>("replicas").value_or(1);
  out.spread = from.choice("spread", "device, machine, rack", spread_from);
  out.best = from.choice("objective", "fit, spread, latency, hops, load",
                         objective_from);
  out.duration = from.time("duration_ns");
  from.finish();
  if (!from.complaint().empty())
    return error{errc::invalid_argument, from.complaint()};
  return out;
}

json json_of(const qos& x) {
  auto out = json::object();
  add(out, "capacity_bytes", x.capacity_bytes);
  add(out, "latency_ns", x.latency);
  add(out, "bandwidth_bits_per_second", x.bandwidth_bits_per_second);
  add(out, "hops", x.hops);
  if (!x.from.empty())
    out["from"] = x.from;
  add(out, "load_permille", x.load_permille);
  add(out, "cores_permille", x.cores_permille);
  add(out, "memory_bytes", x.memory_bytes);
  add(out, "gpus", x.gpus);
  add(out, "gpu_share_permille", x.gpu_share_permille);
  if (!x.device_kind.empty())
    out["device_kind"] = x.device_kind;
  if (!x.labels.empty())
    out["labels"] = x.labels;
  if (x.replicas != 1)
    out["replicas"] = x.replicas;
  if (x.spread)
    out["spread"] = to_string(*x.spread);
  if (x.best)
    out["objective"] = to_string(*x.best);
  add(out, "duration_ns", x.duration);
  return out;
}

json json_of(const explanation& x) {
  json out{{"candidates", x.candidates}, {"satisfying", x.satisfying}};
  out["excluded"] = json::array();
  for (auto& each : x.excluded)
    out["excluded"].push_back({{"criterion", to_string(each.which)},
                               {"alone", each.alone},
                               {"in_order", each.in_order}});
  out["nearest"] = json::array();
  for (auto& each : x.nearest)
    out["nearest"].push_back(json_of(each));
  out["best"] = json::array();
  for (auto& each : x.best)
    out["best"].push_back({{"machine", each.machine.value},
                           {"device", each.device},
                           {"score", each.score}});
  return out;
}

std::string refusal_text(const explanation& x) {
  if (x.candidates == 0)
    return "no candidates: no machine has published what it has";
  auto most = std::max_element(x.excluded.begin(), x.excluded.end(),
                               [](auto& a, auto& b) {
                                 return a.in_order < b.in_order;
                               });
  auto out = std::to_string(x.satisfying) + " of "
             + std::to_string(x.candidates) + " candidates satisfy the request";
  if (most != x.excluded.end() && most->in_order > 0)
    out += "; " + std::string{to_string(most->which)} + " excludes "
           + std::to_string(most->in_order);
  if (x.nearest.empty())
    return out;
  auto& near = x.nearest.front();
  out += "; the nearest is " + name_of(near);
  for (auto& each : near.lacks)
    out += (&each == &near.lacks.front() ? " (" : "; ") + text_of(each);
  return near.lacks.empty() ? out : out + ")";
}

} // namespace muster
