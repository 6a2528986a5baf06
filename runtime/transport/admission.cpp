// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/admission.hpp"

#include <cassert>

namespace muster {

admission::admission(std::string cluster_id, uint64_t options_hash,
                     const machine_versions& versions)
  : cluster_id_(std::move(cluster_id)), options_hash_(options_hash),
    versions_(versions) {
  // nop
}

void admission::set_peers(std::span<const peer_address> peers) {
  std::map<machine_id, known_peer> next;
  for (const auto& x : peers) {
    auto& entry = next[x.who.id];
    if (auto i = peers_.find(x.who.id); i != peers_.end())
      entry = i->second;
    if (x.who.run > entry.newest)
      entry = {x.who.run, {}};
  }
  peers_ = std::move(next);
}

bool admission::registered(const machine_id& id) const {
  return peers_.contains(id);
}

std::optional<refusal>
admission::judge(const hello& x, const std::optional<std::string>& name) const {
  if (!agree(x.versions, versions_))
    return refusal::version;
  if (x.cluster_id != cluster_id_)
    return refusal::cluster;
  if (name && *name != x.from.id.value)
    return refusal::identity;
  auto i = peers_.find(x.from.id);
  if (i == peers_.end())
    return refusal::not_registered;
  if (x.options_hash != options_hash_)
    return refusal::cluster_options;
  const auto& known = i->second;
  if (x.number == 0)
    return refusal::old_connection;
  if (x.from.run < known.newest)
    return refusal::old_incarnation;
  if (x.from.run == known.newest
      && x.number <= known.numbers[static_cast<size_t>(x.on)])
    return refusal::old_connection;
  return std::nullopt;
}

void admission::admit(const hello& x) {
  auto i = peers_.find(x.from.id);
  assert(i != peers_.end() && x.from.run >= i->second.newest);
  if (x.from.run > i->second.newest)
    i->second = {x.from.run, {}};
  auto& number = i->second.numbers[static_cast<size_t>(x.on)];
  assert(x.number > number);
  number = x.number;
}

incarnation admission::newest(const machine_id& id) const {
  auto i = peers_.find(id);
  return i == peers_.end() ? incarnation{} : i->second.newest;
}

} // namespace muster
