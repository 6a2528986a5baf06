// SPDX-License-Identifier: Apache-2.0
#include "runtime/http/router.hpp"

#include "runtime/http/problem.hpp"
#include "runtime/http/target.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster::http {

namespace {

constexpr std::string_view bearer = "bearer ";

bool covers_path(const route& x, std::string_view path) {
  if (!path.starts_with(x.path))
    return false;
  auto rest = path.substr(x.path.size());
  return rest.empty() || (x.subtree && rest.front() == '/');
}

/// In a time that does not tell how many bytes are right.
bool equal_secrets(std::string_view a, std::string_view b) {
  unsigned char difference = a.size() == b.size() ? 0 : 1;
  for (size_t i = 0; i < b.size(); ++i)
    difference = static_cast<unsigned char>(
      difference | (b[i] ^ (i < a.size() ? a[i] : '\0')));
  return difference == 0;
}

bool equal_ignoring_case(std::string_view a, std::string_view lower) {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(),
                    [](char x, char y) {
                      return (x >= 'A' && x <= 'Z' ? x - 'A' + 'a' : x) == y;
                    });
}

std::string unknown_parameter(const route& x, const request& y) {
  for (auto& [name, ignored] : y.query)
    if (std::find(x.parameters.begin(), x.parameters.end(), name)
        == x.parameters.end())
      return name;
  return {};
}

} // namespace

router::router(const options& config, worker_pool& workers)
  : config_(config), workers_(workers) {
  assert(!config.token.empty());
}

void router::add(route x) {
  assert(x.run != nullptr);
  routes_.push_back(std::move(x));
}

void router::handle(request x, responder then) const {
  auto parsed = parse_target(x.target);
  if (!parsed)
    return then(problem(parsed.failure()));
  x.path = std::move(parsed->path);
  x.query = std::move(parsed->query);
  bool path_known = false;
  auto found = find(x, path_known);
  if (found == nullptr && path_known)
    return then(problem(405, error{errc::invalid_argument,
                                   "no such method on " + x.path}));
  if (found == nullptr)
    return then(problem(error{errc::not_found, "no such path: " + x.path}));
  if (found->verb != method::get && !authorized(x))
    return then(problem(
      error{errc::denied, x.authorization.empty()
                            ? "a write needs the machine's token"
                            : "the token is not this machine's token"}));
  if (auto name = unknown_parameter(*found, x); !name.empty())
    return then(problem(
      error{errc::invalid_argument, "unknown query parameter `" + name + "`"}));
  if (found->how == route::execution::inline_)
    return found->run(x, std::move(then));
  auto job = [found, x = std::move(x), then] { found->run(x, then); };
  if (!workers_.run(std::move(job)))
    then(too_busy("all threads of this machine's HTTP interface are busy"));
}

const route* router::find(const request& x, bool& path_known) const {
  for (auto& each : routes_) {
    if (!covers_path(each, x.path))
      continue;
    path_known = true;
    if (each.verb == x.verb)
      return &each;
  }
  return nullptr;
}

bool router::authorized(const request& x) const {
  std::string_view field = x.authorization;
  return equal_ignoring_case(field.substr(0, bearer.size()), bearer)
         && equal_secrets(field.substr(bearer.size()), config_.token);
}

} // namespace muster::http
