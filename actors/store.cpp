// SPDX-License-Identifier: Apache-2.0
#include "actors/store.hpp"

#include <caf/send.hpp>

namespace muster {

namespace {

store_change::kind kind_of(log_change::kind x) {
  switch (x) {
    case log_change::kind::append:
      return store_change::kind::append;
    case log_change::kind::truncate:
      return store_change::kind::truncate;
    case log_change::kind::meta:
      return store_change::kind::meta;
    case log_change::kind::reset:
      return store_change::kind::reset;
  }
  return store_change::kind::meta;
}

/// An error of the store is fatal for it (section 5): nothing is acknowledged
/// any more, and the machine's owner hears of it by the event.
void complain(event_sink& events, const error& x) {
  events.note(severity::error, "store_failed", x.message);
}

void persist(machine_environment& env, persist_request& x) {
  std::vector<store_change> changes;
  changes.reserve(x.changes.size());
  for (auto& c : x.changes)
    changes.push_back({kind_of(c.what), x.shard, c.at, std::move(c.bytes)});
  env.ports.disk.write(std::move(changes),
                       [shard = env.actors.shards[x.shard.value],
                        token = x.token,
                        &events = env.ports.events](const status& done) {
                         if (done)
                           caf::anon_send(shard, durable{token});
                         else
                           complain(events, done.failure());
                       });
}

void checkpoint(machine_environment& env, checkpoint_request& x) {
  store_checkpoint out{x.shard, x.what.upto, {}};
  out.rows.reserve(x.what.rows.size());
  for (auto& r : x.what.rows)
    out.rows.push_back({std::move(r.key), std::move(r.value), r.erased});
  env.ports.disk.checkpoint(std::move(out),
                            [shard = env.actors.shards[x.shard.value],
                             upto = x.what.upto,
                             &events = env.ports.events](const status& done) {
                              if (done)
                                caf::anon_send(shard, checkpointed{upto});
                              else
                                complain(events, done.failure());
                            });
}

} // namespace

store_actor::behavior_type
store_behavior(metered<store_actor, store_actor_state>* self,
               machine_environment* env) {
  self->state.env = env;
  return {
    [self](persist_request& x) { persist(*self->state.env, x); },
    [self](checkpoint_request& x) { checkpoint(*self->state.env, x); },
  };
}

} // namespace muster
