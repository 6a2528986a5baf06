// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/http/message.hpp"
#include "runtime/http/options.hpp"
#include "runtime/http/worker_pool.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace muster::http {

/// One entry of the interface.
struct route {
  enum class execution : uint8_t {
    /// On the thread that read the request: must not block.
    inline_,
    /// On a worker thread: may block until the request's deadline.
    worker,
  };

  method verb = method::get;
  std::string path;
  /// True: everything below `path/` as well.
  bool subtree = false;
  execution how = execution::worker;
  /// The query parameters that it knows; any other is an error.
  std::vector<std::string> parameters;
  /// Answers at once or later, exactly once.
  std::function<void(const request&, responder)> run;
};

/// Finds the route of a request, refuses what must be refused, and runs it.
///
/// Checks, in this order: the target's form, the path (404), the method (405),
/// the token of a write (401), the parameters (400). Thread-safe once all
/// routes were added.
class router {
public:
  router(const options& config, worker_pool& workers);

  void add(route x);

  void handle(request x, responder then) const;

private:
  const route* find(const request& x, bool& path_known) const;
  bool authorized(const request& x) const;

  const options& config_;
  worker_pool& workers_;
  std::vector<route> routes_;
};

} // namespace muster::http
