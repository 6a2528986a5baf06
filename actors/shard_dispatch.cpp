// SPDX-License-Identifier: Apache-2.0
#include "actors/shard_dispatch.hpp"

namespace muster {

void shard_dispatcher::operator()(persist_effect& x) {
  caf::anon_send(env.actors.disk,
                 persist_request{shard, x.token, std::move(x.changes)});
}

void shard_dispatcher::operator()(checkpoint_effect& x) {
  caf::anon_send(env.actors.disk, checkpoint_request{shard, std::move(x)});
}

void shard_dispatcher::operator()(send_effect& x) {
  env.send(x.to, std::move(x.what));
}

void shard_dispatcher::operator()(send_home_effect& x) {
  auto view = env.routing.view();
  auto home = view->find(x.shard);
  if (home && home->primary != machine_id{})
    env.send(home->primary, std::move(x.what));
}

void shard_dispatcher::operator()(swap_effect& x) {
  caf::anon_send(env.actors.coord,
                 swap_request{std::move(x.proposed), x.expected});
}

void shard_dispatcher::operator()(require_effect& x) {
  caf::anon_send(env.actors.leases, require_leases{shard, std::move(x)});
}

void shard_dispatcher::operator()(release_effect&) {
  caf::anon_send(env.actors.leases, release_leases{shard});
}

void shard_dispatcher::operator()(renew_effect& x) {
  caf::anon_send(env.actors.leases, renew_lease{x.granter});
}

void shard_dispatcher::operator()(cover_effect& x) {
  caf::anon_send(env.actors.leases, start_cover{x.who, x.what, x.under});
}

void shard_dispatcher::operator()(uncover_effect& x) {
  caf::anon_send(env.actors.leases, stop_cover{x.who, x.what, x.number});
}

void shard_dispatcher::operator()(members_effect& x) {
  caf::anon_send(env.actors.members, members_request{shard, x.at_least});
}

void shard_dispatcher::operator()(refresh_effect&) {
  caf::anon_send(env.actors.members, refresh_request{});
}

void shard_dispatcher::operator()(home_started& x) {
  caf::anon_send(env.actors.agent, x);
}

void shard_dispatcher::operator()(home_stopped& x) {
  caf::anon_send(env.actors.agent, x);
}

void shard_dispatcher::operator()(directory_ask& x) {
  caf::anon_send(env.actors.agent, x);
}

void shard_dispatcher::operator()(home_resumed& x) {
  caf::anon_send(env.actors.agent, x);
}

void shard_dispatcher::operator()(entries_prepared& x) {
  caf::anon_send(env.actors.agent, std::move(x));
}

void shard_dispatcher::operator()(entries_committed& x) {
  caf::anon_send(env.actors.agent, x);
}

void shard_dispatcher::operator()(copy_data& x) {
  caf::anon_send(env.actors.agent, std::move(x));
}

void shard_dispatcher::operator()(policy_data& x) {
  caf::anon_send(env.actors.agent, std::move(x));
}

void shard_dispatcher::operator()(note_effect& x) {
  auto level = x.warning ? severity::warning : severity::info;
  if (env.ports.events.wants(level))
    env.ports.events.note(level, x.what, std::move(x.detail));
}

} // namespace muster
