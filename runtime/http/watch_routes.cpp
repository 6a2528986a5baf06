// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/problem.hpp"
#include "runtime/http/routes.hpp"

#include <nlohmann/json.hpp>

#include <atomic>

namespace muster::http {

namespace {

using counter = std::shared_ptr<std::atomic<size_t>>;

/// A place among `max`, given back when the last copy of it goes.
std::shared_ptr<void> take_place(const counter& taken, size_t max) {
  if (taken->fetch_add(1) >= max) {
    taken->fetch_sub(1);
    return nullptr;
  }
  return {taken.get(), [taken](void*) { taken->fetch_sub(1); }};
}

/// A change's id orders the changes of one shard.
std::string id_of(const watch_event& x) {
  return std::to_string(x.shard.value) + ":" + std::to_string(x.version.value);
}

response watch(const routes_context& context, const request& x,
               const counter& taken) {
  auto text = x.parameter("prefix");
  if (text == nullptr)
    return problem(error{errc::invalid_argument, "`prefix` is missing"});
  auto prefix = normalize_prefix(*text);
  if (!prefix)
    return problem(prefix.failure());
  auto out = std::make_shared<subscription>();
  out->place = take_place(taken, context.config.watches_max);
  if (!out->place)
    return too_busy("this machine has as many watches as it allows");
  out->queue
    = std::make_shared<event_queue>(context.config.watch_queue_bytes_max);
  auto handle
    = context.node.watch(*prefix, [queue = out->queue](const watch_event& y) {
        queue->push("change", id_of(y), to_text(event_json(y)));
      });
  if (!handle)
    return problem(handle.failure());
  out->handle = std::move(*handle);
  response result;
  result.content_type = "text/event-stream";
  result.events = std::move(out);
  return result;
}

} // namespace

void add_watch_routes(router& out, const routes_context& context) {
  auto taken = std::make_shared<std::atomic<size_t>>(0);
  out.add({.verb = method::get,
           .path = "/v1/watch",
           .subtree = false,
           .how = route::execution::worker,
           .parameters = {"prefix"},
           .run = [context, taken](const request& x, const responder& then) {
             then(watch(context, x, taken));
           }});
}

} // namespace muster::http
