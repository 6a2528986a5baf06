// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/environment.hpp"

#include <caf/actor_system.hpp>

#include <memory>
#include <vector>

namespace muster {

/// Spawns every actor of a machine over its ports and recovered shards, and
/// starts to follow the coordinator. The environment must outlive the actors.
/// @param recovered  what the store brought back; empty for a machine that
///   stores nothing
/// @param commands  how many command objects are pooled
void spawn_machine(caf::actor_system& system, machine_environment& env,
                   std::vector<recovered_shard> recovered, size_t commands);

/// Tells every actor that time has passed.
/// @param shards  false: leave the shards out (they need it less often)
void send_ticks(machine_environment& env, bool shards);

/// Tells every actor concerned that a connection is usable.
void send_link_up(machine_environment& env, const peer& who);

/// Ends every actor of the machine and waits until all are done. What ports
/// still answer goes to nobody, until `release_actors`.
void stop_machine(machine_environment& env, caf::actor_system& system);

/// Lets go of the actors. @pre they are done, and no port answers any more
void release_actors(machine_environment& env);

} // namespace muster
