// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/load_sampler.hpp"

#include <algorithm>

namespace muster {

namespace {

/// `part` of `whole`; more than all of it is all of it.
uint32_t permille(uint64_t part, uint64_t whole) {
  auto out = static_cast<double>(part) * 1000 / static_cast<double>(whole);
  return static_cast<uint32_t>(std::min(out, 1000.0));
}

} // namespace

std::optional<load_record> load_sampler::sample(const load_sources& of,
                                                nanoseconds now) {
  auto passed = now - last_.value_or(now);
  auto first = !last_ || passed <= nanoseconds{0};
  last_ = now;
  load_record out;
  out.cpu_permille = cpu();
  out.nic_permille = card(of, passed);
  for (auto& each : of.devices)
    if (auto x = device(each, passed))
      out.devices.push_back({each.name, *x});
  if (first || (!out.cpu_permille && !out.nic_permille && out.devices.empty()))
    return std::nullopt;
  out.load_permille = std::max(out.cpu_permille.value_or(0),
                               out.nic_permille.value_or(0));
  for (auto& each : out.devices)
    out.load_permille = std::max(out.load_permille, each.permille);
  return out;
}

std::optional<uint32_t> load_sampler::cpu() {
  auto text = at_.read("/proc/stat");
  auto now = text ? parse_cpu_times(*text) : std::nullopt;
  auto before = std::exchange(cpu_, now);
  if (now && before && now->total > before->total && now->busy >= before->busy)
    return permille(now->busy - before->busy, now->total - before->total);
  if (now)
    return std::nullopt;
  auto pressure = at_.read("/proc/pressure/cpu");
  return pressure ? parse_pressure(*pressure) : std::nullopt;
}

std::optional<uint32_t> load_sampler::card(const load_sources& of,
                                           nanoseconds passed) {
  if (of.card.empty() || of.card_bits_per_second == 0)
    return std::nullopt;
  auto folder = "/sys/class/net/" + of.card + "/statistics/";
  std::optional<uint64_t> most;
  for (auto way : {"rx_bytes", "tx_bytes"}) {
    auto text = at_.read(folder + way);
    auto grown = growth(of.card + "/" + way,
                        text ? parse_system_number(*text) : std::nullopt);
    if (grown)
      most = std::max(most.value_or(0), *grown);
  }
  auto room = static_cast<double>(of.card_bits_per_second) / 8
              * std::chrono::duration<double>{passed}.count();
  if (!most || room < 1)
    return std::nullopt;
  return permille(*most, static_cast<uint64_t>(room));
}

std::optional<uint32_t> load_sampler::device(const load_sources::device& x,
                                             nanoseconds passed) {
  auto text = at_.read("/sys/dev/block/" + x.number + "/stat");
  auto grown = growth(x.number,
                      text ? parse_busy_milliseconds(*text) : std::nullopt);
  auto all = std::chrono::duration_cast<std::chrono::milliseconds>(passed);
  if (!grown || all.count() <= 0)
    return std::nullopt;
  return permille(*grown, static_cast<uint64_t>(all.count()));
}

std::optional<uint64_t> load_sampler::growth(const std::string& name,
                                             std::optional<uint64_t> now) {
  auto before = counts_.find(name);
  std::optional<uint64_t> out;
  if (now && before != counts_.end() && *now >= before->second)
    out = *now - before->second;
  if (now)
    counts_[name] = *now;
  else if (before != counts_.end())
    counts_.erase(before);
  return out;
}

} // namespace muster
