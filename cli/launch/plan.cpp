// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/plan.hpp"

#include "cli/launch/ports.hpp"
#include "runtime/pki/pki.hpp"

#include <algorithm>

namespace muster::launch {

namespace {

constexpr size_t machines_default = 5;
constexpr uint32_t replication_default = 3;
constexpr uint32_t shards_default = 64;
constexpr uint32_t shards_max = 4096;

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

template <class T, class U>
status same(const char* option, T existing, const std::optional<U>& asked) {
  if (!asked || existing == *asked)
    return ok();
  return bad("the directory has a cluster with " + std::string{option} + " "
             + std::to_string(existing) + ", not " + std::to_string(*asked)
             + ": leave the option out, or take another --dir");
}

} // namespace

result<cluster_plan> make_plan(const plan_options& x) {
  auto machines = x.machines.value_or(machines_default);
  if (machines < 1 || machines > machines_max)
    return bad("--machines must be 1 to " + std::to_string(machines_max));
  auto switches = x.switches.value_or(0);
  if (switches > machines || machines + switches > machines_max)
    return bad(
      "--switches must be at most the number of machines, and both "
      "together at most "
      + std::to_string(machines_max));
  if (switches > 0 && machines == 1)
    return bad(
      "--switches needs --machines 2 or more: a single machine has "
      "everything itself");
  cluster_plan out;
  out.shards = x.shards.value_or(shards_default);
  if (out.shards < 1 || out.shards > shards_max)
    return bad("--shards must be 1 to " + std::to_string(shards_max));
  // A small cluster has as many copies as it can, unless more are asked for.
  out.replication = x.replication.value_or(
    std::min(replication_default, static_cast<uint32_t>(machines)));
  if (out.replication < 1 || out.replication > std::min<size_t>(machines, 7))
    return bad(
      "--replication must be 1 to 7 and at most the number of "
      "machines, "
      + std::to_string(machines));
  auto etcd = x.etcd.value_or(machines > 1 ? 1 : 0);
  if (machines > 1 && etcd != 1 && etcd != 3)
    return bad("--etcd must be 1 or 3");
  auto count = 2 * (machines + switches + etcd);
  auto ports = x.base_port ? ports_from(*x.base_port, count)
                           : choose_ports(count);
  if (!ports)
    return ports.failure();
  auto name = pki::random_token();
  if (!name)
    return name.failure();
  out.name = "muster-" + name->substr(0, 8);
  auto next = ports->begin();
  auto behind = [&](size_t i) {
    return switches == 0 ? std::string{}
                         : "s" + std::to_string((i - 1) % switches + 1);
  };
  for (size_t i = 1; i <= machines; ++i, next += 2)
    out.machines.push_back(
      {"m" + std::to_string(i), next[0], next[1], false, behind(i)});
  for (size_t i = 1; i <= switches; ++i, next += 2)
    out.machines.push_back(
      {"s" + std::to_string(i), next[0], next[1], true, {}});
  for (size_t i = 1; i <= etcd; ++i, next += 2)
    out.etcd.push_back({"etcd" + std::to_string(i), next[0], next[1]});
  return out;
}

status check_same(const cluster_plan& existing, const plan_options& x) {
  auto switches = existing.switch_count();
  auto machines = existing.machines.size() - switches;
  if (auto r = same("--machines", machines, x.machines); !r)
    return r;
  if (auto r = same("--switches", switches, x.switches); !r)
    return r;
  if (auto r = same("--replication", existing.replication, x.replication); !r)
    return r;
  if (auto r = same("--shards", existing.shards, x.shards); !r)
    return r;
  if (auto r = same("--etcd", existing.etcd.size(), x.etcd); !r)
    return r;
  return same("--base-port", existing.machines.front().peer_port, x.base_port);
}

} // namespace muster::launch
