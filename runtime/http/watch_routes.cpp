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

/// Writes the events of one watch to its queue, each with the position to go on
/// from as its id. Called by one thread at a time.
class event_writer {
public:
  event_writer(std::shared_ptr<event_queue> queue) : queue_(std::move(queue)) {
    // nop
  }

  void operator()(const watch_event& x, const watch_position& at) {
    using kind = watch_event::kind;
    switch (x.what) {
      case kind::position:
        return quiet(at);
      case kind::ended:
        return queue_->cut(
          to_text({{"code", "unavailable"}, {"message", x.value}}));
      case kind::change:
        return push("change", event_json(x), at);
      case kind::record:
        return push("record", event_json(x), at);
      case kind::compacted:
        return push("compacted",
                    {{"shard", x.shard.value},
                     {"message",
                      "changes were forgotten; the records as they "
                      "are now follow, then `current`"}},
                    at);
      case kind::current:
        return push("current",
                    {{"shard", x.shard.value}, {"version", x.version.value}},
                    at);
    }
  }

private:
  void push(std::string_view name, const json& data, const watch_position& at) {
    queue_->push(name, at.text(), to_text(data));
  }

  /// The first position that is whole, and then one for each round of the
  /// shards, so that a quiet watch can go on from a recent one.
  void quiet(const watch_position& at) {
    auto text = at.text();
    if (text.empty() || --skip_ > 0)
      return;
    skip_ = static_cast<ptrdiff_t>(at.at().size());
    queue_->push("position", text, "{}");
  }

  std::shared_ptr<event_queue> queue_;
  ptrdiff_t skip_ = 0;
};

/// Where to begin: what a browser that comes back says, or the parameter.
std::string beginning(const request& x) {
  auto from = x.parameter("from");
  return x.last_event_id.empty() && from ? *from : x.last_event_id;
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
  watch_options how{beginning(x),
                    [queue = out->queue] { return queue->has_room(); }};
  auto handle = context.node.watch(*prefix, std::move(how),
                                   event_writer{out->queue});
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
           .parameters = {"prefix", "from"},
           .run = [context, taken](const request& x, const responder& then) {
             then(watch(context, x, taken));
           }});
}

} // namespace muster::http
