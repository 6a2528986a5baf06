// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/local_messages.hpp"
#include "allocator/own_records.hpp"
#include "registry/lease_keeper.hpp"
#include "registry/messages.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/type_id.hpp>
#include <caf/typed_actor.hpp>

// Every message that an actor of Muster takes, and every actor's interface.
// Messages from other machines come as (peer, message): who sent it is known
// from the authenticated connection.

CAF_BEGIN_TYPE_ID_BLOCK(muster, first_custom_type_id)

// Append only: a number is for ever.
CAF_ADD_TYPE_ID(muster, (muster::peer))
CAF_ADD_TYPE_ID(muster, (muster::assignment))
CAF_ADD_TYPE_ID(muster, (muster::lease_request))
CAF_ADD_TYPE_ID(muster, (muster::lease_grant))
CAF_ADD_TYPE_ID(muster, (muster::submit))
CAF_ADD_TYPE_ID(muster, (muster::enlist))
CAF_ADD_TYPE_ID(muster, (muster::verdict))
CAF_ADD_TYPE_ID(muster, (muster::read_request))
CAF_ADD_TYPE_ID(muster, (muster::read_reply))
CAF_ADD_TYPE_ID(muster, (muster::list_request))
CAF_ADD_TYPE_ID(muster, (muster::list_reply))
CAF_ADD_TYPE_ID(muster, (muster::copy_request))
CAF_ADD_TYPE_ID(muster, (muster::copy_session))
CAF_ADD_TYPE_ID(muster, (muster::copy_grant))
CAF_ADD_TYPE_ID(muster, (muster::invalidate))
CAF_ADD_TYPE_ID(muster, (muster::invalidate_ack))
CAF_ADD_TYPE_ID(muster, (muster::validate))
CAF_ADD_TYPE_ID(muster, (muster::copy_drop))
CAF_ADD_TYPE_ID(muster, (muster::join_request))
CAF_ADD_TYPE_ID(muster, (muster::join))
CAF_ADD_TYPE_ID(muster, (muster::joined))
CAF_ADD_TYPE_ID(muster, (muster::snapshot))
CAF_ADD_TYPE_ID(muster, (muster::snapshot_ack))
CAF_ADD_TYPE_ID(muster, (muster::prepare))
CAF_ADD_TYPE_ID(muster, (muster::prepare_ack))
CAF_ADD_TYPE_ID(muster, (muster::commit))
CAF_ADD_TYPE_ID(muster, (muster::drop_replica))
CAF_ADD_TYPE_ID(muster, (muster::drop_ack))
CAF_ADD_TYPE_ID(muster, (muster::fence))
CAF_ADD_TYPE_ID(muster, (muster::fence_ack))
CAF_ADD_TYPE_ID(muster, (muster::explain_request))
CAF_ADD_TYPE_ID(muster, (muster::explain_reply))
CAF_ADD_TYPE_ID(muster, (muster::watch_request))
CAF_ADD_TYPE_ID(muster, (muster::watch_news))
CAF_ADD_TYPE_ID(muster, (muster::tick))
CAF_ADD_TYPE_ID(muster, (muster::heard))
CAF_ADD_TYPE_ID(muster, (muster::link_up))
CAF_ADD_TYPE_ID(muster, (muster::durable))
CAF_ADD_TYPE_ID(muster, (muster::checkpointed))
CAF_ADD_TYPE_ID(muster, (muster::persist_request))
CAF_ADD_TYPE_ID(muster, (muster::checkpoint_request))
CAF_ADD_TYPE_ID(muster, (muster::swap_request))
CAF_ADD_TYPE_ID(muster, (muster::swap_done))
CAF_ADD_TYPE_ID(muster, (muster::members_request))
CAF_ADD_TYPE_ID(muster, (muster::refresh_request))
CAF_ADD_TYPE_ID(muster, (muster::member_list))
CAF_ADD_TYPE_ID(muster, (muster::cluster_read))
CAF_ADD_TYPE_ID(muster, (muster::read_cluster))
CAF_ADD_TYPE_ID(muster, (muster::write_bootstrap))
CAF_ADD_TYPE_ID(muster, (muster::keep_alive))
CAF_ADD_TYPE_ID(muster, (muster::require_leases))
CAF_ADD_TYPE_ID(muster, (muster::release_leases))
CAF_ADD_TYPE_ID(muster, (muster::renew_lease))
CAF_ADD_TYPE_ID(muster, (muster::start_cover))
CAF_ADD_TYPE_ID(muster, (muster::stop_cover))
CAF_ADD_TYPE_ID(muster, (muster::pin_prefix))
CAF_ADD_TYPE_ID(muster, (muster::begin_command))
CAF_ADD_TYPE_ID(muster, (muster::ask_home))
CAF_ADD_TYPE_ID(muster, (muster::ask_explain))
CAF_ADD_TYPE_ID(muster, (muster::begin_watch))
CAF_ADD_TYPE_ID(muster, (muster::end_watch))
CAF_ADD_TYPE_ID(muster, (muster::authority))
CAF_ADD_TYPE_ID(muster, (muster::lease_news))
CAF_ADD_TYPE_ID(muster, (muster::uncovered))
CAF_ADD_TYPE_ID(muster, (muster::home_started))
CAF_ADD_TYPE_ID(muster, (muster::home_stopped))
CAF_ADD_TYPE_ID(muster, (muster::entries_prepared))
CAF_ADD_TYPE_ID(muster, (muster::entries_committed))
CAF_ADD_TYPE_ID(muster, (muster::copy_data))
CAF_ADD_TYPE_ID(muster, (muster::home_submit))
CAF_ADD_TYPE_ID(muster, (muster::copy_ask))
CAF_ADD_TYPE_ID(muster, (muster::holders_ready))
CAF_ADD_TYPE_ID(muster, (muster::tell_story))
CAF_ADD_TYPE_ID(muster, (muster::handover))
CAF_ADD_TYPE_ID(muster, (muster::handover_ack))
CAF_ADD_TYPE_ID(muster, (muster::handover_landed))
CAF_ADD_TYPE_ID(muster, (muster::fence_done))
CAF_ADD_TYPE_ID(muster, (muster::move_request))
CAF_ADD_TYPE_ID(muster, (muster::move_reply))
CAF_ADD_TYPE_ID(muster, (muster::move_order))
CAF_ADD_TYPE_ID(muster, (muster::directory_ask))
CAF_ADD_TYPE_ID(muster, (muster::home_resumed))
CAF_ADD_TYPE_ID(muster, (muster::directory_told))
CAF_ADD_TYPE_ID(muster, (muster::ask_move))
CAF_ADD_TYPE_ID(muster, (muster::own_clock))
CAF_ADD_TYPE_ID(muster, (muster::part_prepare))
CAF_ADD_TYPE_ID(muster, (muster::part_vote))
CAF_ADD_TYPE_ID(muster, (muster::part_decision))
CAF_ADD_TYPE_ID(muster, (muster::part_done))
CAF_ADD_TYPE_ID(muster, (muster::part_question))
CAF_ADD_TYPE_ID(muster, (muster::home_part))
CAF_ADD_TYPE_ID(muster, (muster::command_result))
CAF_ADD_TYPE_ID(muster, (muster::farewell))
CAF_ADD_TYPE_ID(muster, (muster::observe))
CAF_ADD_TYPE_ID(muster, (muster::observed))
CAF_ADD_TYPE_ID(muster, (muster::observe_done))
CAF_ADD_TYPE_ID(muster, (muster::policy_ask))
CAF_ADD_TYPE_ID(muster, (muster::policy_data))
CAF_ADD_TYPE_ID(muster, (muster::policies_changed))
CAF_ADD_TYPE_ID(muster, (muster::copy_offer))
CAF_ADD_TYPE_ID(muster, (muster::rack_waiting))
CAF_ADD_TYPE_ID(muster, (muster::relayed))
CAF_ADD_TYPE_ID(muster, (muster::rack_started))
CAF_ADD_TYPE_ID(muster, (muster::rack_ended))
CAF_ADD_TYPE_ID(muster, (muster::rack_needs))
CAF_ADD_TYPE_ID(muster, (muster::found_inventory))
CAF_ADD_TYPE_ID(muster, (muster::load_record))
CAF_ADD_TYPE_ID(muster, (muster::own_records))

CAF_END_TYPE_ID_BLOCK(muster)

// These stay inside the machine; CAF never serializes them.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::tick)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::heard)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::own_clock)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::link_up)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::durable)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::checkpointed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::persist_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::checkpoint_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::swap_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::swap_done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::members_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::refresh_request)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::member_list)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::cluster_read)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::read_cluster)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::write_bootstrap)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::keep_alive)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::require_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::release_leases)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::renew_lease)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::start_cover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::stop_cover)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::pin_prefix)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::begin_command)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::ask_home)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::ask_explain)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::begin_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::end_watch)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::authority)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::lease_news)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::uncovered)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::home_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::home_stopped)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::entries_prepared)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::entries_committed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::copy_data)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::home_submit)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::home_part)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::copy_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::holders_ready)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::tell_story)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::directory_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::home_resumed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::directory_told)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::ask_move)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::command_result)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::farewell)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::policy_ask)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::policy_data)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::policies_changed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::rack_started)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::rack_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::rack_needs)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::found_inventory)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::load_record)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(muster::own_records)

namespace muster {

/// One shard's replica on this machine: primary, backup or learner (3.3, 3.6).
using shard_actor = caf::typed_actor<
  // a replica asks to be joined
  caf::reacts_to<peer, join_request>,
  // the primary's first message of a term or session
  caf::reacts_to<peer, join>,
  // a replica has cut its log and joined
  caf::reacts_to<peer, joined>,
  // a chunk of the state, for a learner
  caf::reacts_to<peer, snapshot>,
  // the learner has it
  caf::reacts_to<peer, snapshot_ack>,
  // entries to make durable
  caf::reacts_to<peer, prepare>,
  // they are durable there
  caf::reacts_to<peer, prepare_ack>,
  // entries up to here are committed
  caf::reacts_to<peer, commit>,
  // this replica was swapped out
  caf::reacts_to<peer, drop_replica>,
  // the dropped replica is silent
  caf::reacts_to<peer, drop_ack>,
  // a new term's fence, passed on by the copies actor
  caf::reacts_to<peer, fence>,
  // a machine has dropped lower terms' copies
  caf::reacts_to<peer, fence_ack>,
  // the primary hands the shard over: directory and swap (F2)
  caf::reacts_to<peer, handover>,
  // the next primary has the directory
  caf::reacts_to<peer, handover_ack>,
  // the hand-over's swap has landed
  caf::reacts_to<peer, handover_landed>,
  // the term's fence is complete
  caf::reacts_to<peer, fence_done>,
  // an operator's change of the replicas
  caf::reacts_to<peer, move_request>,
  // a read that its own memory could not answer
  caf::reacts_to<peer, read_request>,
  // a listing likewise
  caf::reacts_to<peer, list_request>,
  // tell changes under a prefix
  caf::reacts_to<peer, watch_request>,
  // is the command in the log's window?
  caf::reacts_to<peer, explain_request>,
  // a submission that the agent has passed
  caf::reacts_to<home_submit>,
  // a part of a command that another shard decides
  caf::reacts_to<home_part>,
  // a participant has voted
  caf::reacts_to<peer, part_vote>,
  // the deciding shard has decided
  caf::reacts_to<peer, part_decision>,
  // a participant has carried a decision out
  caf::reacts_to<peer, part_done>,
  // a participant asks for a decision
  caf::reacts_to<peer, part_question>,
  // data for a holder that is in the directory
  caf::reacts_to<copy_ask>,
  // the holders of watched entries have acknowledged
  caf::reacts_to<holders_ready>,
  // the agent has stopped for a hand-over
  caf::reacts_to<directory_told>,
  // the prefixes of the policies in force
  caf::reacts_to<policy_ask>,
  // this machine's planner wants a change of the replicas
  caf::reacts_to<move_order>,
  // a newer assignment
  caf::reacts_to<assignment>,
  // what became of a swap
  caf::reacts_to<swap_done>,
  // the registered machines
  caf::reacts_to<member_list>,
  // leases of the in-sync backups
  caf::reacts_to<authority>,
  // leases that this machine holds
  caf::reacts_to<lease_news>,
  // until when a lease that is not renewed may live
  caf::reacts_to<uncovered>,
  // a peer is alive
  caf::reacts_to<heard>,
  // whether this machine's clock is the wrong one
  caf::reacts_to<own_clock>,
  // a connection is usable
  caf::reacts_to<link_up>,
  // a persist is on disk
  caf::reacts_to<durable>,
  // a checkpoint is on disk
  caf::reacts_to<checkpointed>,
  // what became of a command that ends a session
  caf::reacts_to<command_result>,
  // time has passed
  caf::reacts_to<tick>>;

/// The agent of every shard whose home is here, or on a switch that of its
/// rack: directory and enlistment (3.4, 3.8).
using agent_actor = caf::typed_actor<
  // a command for a shard
  caf::reacts_to<peer, submit>,
  // a part of a command over several shards
  caf::reacts_to<peer, part_prepare>,
  // a machine wants a copy
  caf::reacts_to<peer, copy_request>,
  // a holder is silent
  caf::reacts_to<peer, invalidate_ack>,
  // a holder gave a copy up
  caf::reacts_to<peer, copy_drop>,
  // a switch is alive and waits for its rack
  caf::reacts_to<peer, rack_waiting>,
  // the first attempt of a machine behind a switch
  caf::reacts_to<peer, relayed>,
  // on a switch: a new term's fence, after its own copies are dropped
  caf::reacts_to<peer, fence>,
  // on a switch: a holder has dropped lower terms' copies
  caf::reacts_to<peer, fence_ack>,
  // on a switch: its copies of a shard can be given to others
  caf::reacts_to<rack_started>,
  // on a switch: they are dropped
  caf::reacts_to<rack_ended>,
  // counts it, passes it on to the shard
  caf::reacts_to<peer, read_request>,
  // passes on to the shard
  caf::reacts_to<peer, list_request>,
  // passes on to the shard
  caf::reacts_to<peer, watch_request>,
  // this machine became the home of a shard
  caf::reacts_to<home_started>,
  // it is not any more
  caf::reacts_to<home_stopped>,
  // a hand-over begins: stop, tell the directory
  caf::reacts_to<directory_ask>,
  // it was called off
  caf::reacts_to<home_resumed>,
  // entries for their holders
  caf::reacts_to<entries_prepared>,
  // entries to validate
  caf::reacts_to<entries_committed>,
  // records for a holder
  caf::reacts_to<copy_data>,
  // a machine that a policy names has taken note
  caf::reacts_to<peer, observed>,
  // undecided entries under the policies
  caf::reacts_to<policy_data>,
  // other policies are in force
  caf::reacts_to<policies_changed>,
  // the registered machines
  caf::reacts_to<member_list>,
  // until when a holder's lease may live
  caf::reacts_to<uncovered>,
  // a connection is usable
  caf::reacts_to<link_up>,
  // time has passed
  caf::reacts_to<tick>>;

/// The copies that this machine holds of shards stored elsewhere (3.4); on a
/// switch they are to the agent what the shard is at a home (3.8).
using copies_actor = caf::typed_actor<
  // the next lease covers a session
  caf::reacts_to<peer, copy_session>,
  // records of a prefix
  caf::reacts_to<peer, copy_grant>,
  // a copy of a key is worth having
  caf::reacts_to<peer, copy_offer>,
  // keys are being changed
  caf::reacts_to<peer, invalidate>,
  // changes are committed
  caf::reacts_to<peer, validate>,
  // drop the copies of lower terms (F1)
  caf::reacts_to<peer, fence>,
  // on a switch: records for a holder that is in the directory
  caf::reacts_to<copy_ask>,
  // on a switch: its holders have acknowledged
  caf::reacts_to<holders_ready>,
  // on a switch: what its holders have and want
  caf::reacts_to<rack_needs>,
  // the registered machines
  caf::reacts_to<member_list>,
  // mirror a prefix, or not any more
  caf::reacts_to<pin_prefix>,
  // a newer assignment
  caf::reacts_to<assignment>,
  // leases that this machine holds
  caf::reacts_to<lease_news>,
  // a connection is usable
  caf::reacts_to<link_up>,
  // time has passed
  caf::reacts_to<tick>>;

/// A policy agent's hand on a machine that policies name: it takes note of
/// commands and acknowledges them.
using policy_agent_actor = caf::typed_actor<
  // keys under a policy are being changed
  caf::reacts_to<peer, observe>,
  // the changes are committed
  caf::reacts_to<peer, observe_done>,
  // time has passed
  caf::reacts_to<tick>>;

/// Leases between this machine and every other one (3.1).
using lease_actor = caf::typed_actor<
  // a holder renews
  caf::reacts_to<peer, lease_request>,
  // a granter answers
  caf::reacts_to<peer, lease_grant>,
  // the granters that a primary needs
  caf::reacts_to<require_leases>,
  // no primary any more
  caf::reacts_to<release_leases>,
  // ask a granter now
  caf::reacts_to<renew_lease>,
  // cover a shard for a peer
  caf::reacts_to<start_cover>,
  // do not; answered by `uncovered`
  caf::reacts_to<stop_cover>,
  // the registered machines
  caf::reacts_to<member_list>,
  // time has passed
  caf::reacts_to<tick>>;

/// Who is in the cluster and which shards are where (3.2).
using membership_actor = caf::typed_actor<
  // what the coordinator says
  caf::reacts_to<cluster_read>,
  // a fence needs a fresh list
  caf::reacts_to<members_request>,
  // read the assignments now
  caf::reacts_to<refresh_request>,
  // time has passed
  caf::reacts_to<tick>>;

/// Speaks with the coordinator (3.2); answers by message.
using coordinator_actor = caf::typed_actor<
  // read members and assignments
  caf::reacts_to<read_cluster>,
  // replace an assignment
  caf::reacts_to<swap_request>,
  // make the first assignments
  caf::reacts_to<write_bootstrap>,
  // renew the liveness hint
  caf::reacts_to<keep_alive>>;

/// Speaks with the store (section 5); answers the shard by message.
using store_actor = caf::typed_actor<
  // make changes durable
  caf::reacts_to<persist_request>,
  // write a checkpoint
  caf::reacts_to<checkpoint_request>>;

/// A command object at its origin (3.3); pooled.
using command_actor = caf::typed_actor<
  // an agent adds machines that must take part
  caf::reacts_to<peer, enlist>,
  // what became of an attempt
  caf::reacts_to<peer, verdict>,
  // a user's command
  caf::reacts_to<begin_command>,
  // somebody asks for the story of one that may be this
  caf::reacts_to<peer, explain_request>,
  // a user asks what is in flight
  caf::reacts_to<tell_story>,
  // time has passed
  caf::reacts_to<tick>>;

/// This machine's own session, which binds its `alive` record.
using presence_actor = caf::typed_actor<
  // what became of its newest command
  caf::reacts_to<command_result>,
  // the machine stops
  caf::reacts_to<farewell>,
  // time has passed
  caf::reacts_to<tick>>;

/// Publishes what this machine has and how busy it is.
using own_inventory_actor = caf::typed_actor<
  // what was found
  caf::reacts_to<found_inventory>, caf::reacts_to<load_record>,
  // what is published
  caf::reacts_to<own_records>,
  // what became of its newest command
  caf::reacts_to<command_result>,
  // time has passed
  caf::reacts_to<tick>>;

/// Asks other machines on behalf of this one's users: reads, listings,
/// explanations, watches.
using reader_actor = caf::typed_actor<
  caf::reacts_to<peer, read_reply>, caf::reacts_to<peer, list_reply>,
  // another machine asks for a command's story
  caf::reacts_to<peer, explain_request>, caf::reacts_to<peer, explain_reply>,
  caf::reacts_to<peer, watch_news>,
  // a primary has taken an order, or not
  caf::reacts_to<peer, move_reply>,
  // a user's read or listing
  caf::reacts_to<ask_home>,
  // an operator's change of a shard's replicas
  caf::reacts_to<ask_move>,
  // a user's question
  caf::reacts_to<ask_explain>,
  // a user's watch
  caf::reacts_to<begin_watch>,
  // it is over
  caf::reacts_to<end_watch>,
  // a newer assignment
  caf::reacts_to<assignment>,
  // a connection is usable
  caf::reacts_to<link_up>,
  // time has passed
  caf::reacts_to<tick>>;

} // namespace muster
