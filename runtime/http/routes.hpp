// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/options.hpp"
#include "runtime/http/router.hpp"
#include "runtime/machine.hpp"

namespace muster::http {

/// What routes work on; outlives them.
struct routes_context {
  machine& node;
  const options& config;
};

/// GET, PUT, DELETE `/v1/records/<key>`, GET `/v1/list`.
void add_record_routes(router& out, const routes_context& context);

/// POST, GET `/v1/commands`, GET `/v1/commands/<id>`.
void add_command_routes(router& out, const routes_context& context);

/// `/v1/mirrors`, `/v1/moves`, `/v1/drains`, `/v1/machines`, `/v1/status`,
/// `/v1/config`, `/metrics`, `/healthz`, `/readyz`.
void add_cluster_routes(router& out, const routes_context& context);

/// `/v1/agents`: policies.
void add_agent_routes(router& out, const routes_context& context);

/// GET `/v1/watch`, as Server-Sent Events: `change` with a record, and `cut`
/// with the reason as the last one.
void add_watch_routes(router& out, const routes_context& context);

/// GET, POST `/v1/sessions`; GET, POST (renews), DELETE `/v1/sessions/<id>`;
/// PUT `/v1/sessions/<id>/records/<key>`.
void add_session_routes(router& out, const routes_context& context);

/// GET `/v1/inventory/machines`, `/v1/inventory/machines/<id>`,
/// `/v1/inventory/devices`.
void add_inventory_routes(router& out, const routes_context& context);

/// POST, GET `/v1/allocations`; GET, DELETE `/v1/allocations/<id>`; POST
/// `/v1/allocations/explain`; GET `/v1/topology`. @pre `config.places`
void add_allocation_routes(router& out, const routes_context& context);

/// Adds what the parameters `if_version` and `if_absent` ask for.
/// Error: `invalid_argument`.
status add_guards(const request& x, const std::string& key, command& out);

/// What became of a command, with the status of the error if it is one.
response response_of(const command_answer& x);

/// Gives a command the request's `Idempotency-Key`; the options have its
/// deadline and `born`. Errors: `invalid_argument`, `timed_out`.
result<submit_options> take_name(const routes_context& context,
                                 const request& from, command& x);

/// Submits `x` with the request's deadline, its `Idempotency-Key` and `born`.
void submit_command(const routes_context& context, const request& from,
                    command x, responder then);

} // namespace muster::http
