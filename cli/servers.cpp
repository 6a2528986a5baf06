// SPDX-License-Identifier: Apache-2.0
#include "cli/servers.hpp"

#include "cli/launch/cluster_file.hpp"
#include "runtime/endpoint/endpoint_file.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace muster::cli {

namespace {

using std::filesystem::path;

/// A paused machine accepts connections and says nothing: ask the next one
/// then.
constexpr std::chrono::milliseconds probe_timeout{300};

/// The token where it is; none is not an error, since reads need none.
result<std::string> token_or_none(const path& file) {
  auto token = read_token(file);
  if (!token && token.failure().code == errc::not_found)
    return std::string{};
  return token;
}

result<server_address> named_address(const globals& x) {
  server_address out;
  out.machine = x.machine;
  out.http = x.address;
  if (out.http.starts_with("http://"))
    out.http.erase(0, 7);
  if (auto text = std::getenv("MUSTER_TOKEN"); text != nullptr)
    out.token = text;
  if (x.token_file.empty())
    return out;
  auto token = read_token(x.token_file);
  if (!token)
    return token.failure();
  out.token = *token;
  return out;
}

result<std::vector<server_address>> of_data_directory(const globals& x) {
  auto found = read_endpoint(x.dir);
  if (!found)
    return error{errc::not_found,
                 "there is no cluster in " + x.dir
                   + ": start one with `muster up`, or name another with "
                     "--dir or --address"};
  if (!x.machine.empty() && x.machine != found->id.value)
    return error{errc::not_found, x.dir + " is the data directory of "
                                    + found->id.value + ", not of "
                                    + x.machine};
  auto token = token_or_none(path{x.dir} / "token");
  if (!token)
    return token.failure();
  return std::vector{server_address{found->id.value, found->http, *token}};
}

result<std::vector<server_address>> of_cluster(const globals& x,
                                               const launch::cluster_plan& y) {
  std::vector<server_address> out;
  std::string known;
  for (auto& each : y.machines) {
    known += (known.empty() ? "" : ", ") + each.id;
    if (!x.machine.empty() && x.machine != each.id)
      continue;
    auto token = token_or_none(path{x.dir} / each.id / "data" / "token");
    if (!token)
      return token.failure();
    out.push_back(
      {each.id, "127.0.0.1:" + std::to_string(each.http_port), *token});
  }
  if (out.empty())
    return error{errc::not_found, "there is no machine " + x.machine + " in "
                                    + x.dir + "; it has " + known};
  return out;
}

} // namespace

result<std::vector<server_address>> find_servers(const globals& x) {
  if (!x.address.empty()) {
    auto named = named_address(x);
    if (!named)
      return named.failure();
    return std::vector{*named};
  }
  auto plan = launch::read_plan(x.dir);
  if (plan)
    return of_cluster(x, *plan);
  if (plan.failure().code == errc::not_found)
    return of_data_directory(x);
  return plan.failure();
}

result<server_address> choose_server(const globals& x, const deadline& end) {
  auto servers = find_servers(x);
  if (!servers)
    return servers.failure();
  if (servers->size() == 1)
    return servers->front();
  std::string reasons;
  for (auto& each : *servers) {
    http_caller caller{each};
    call probe{.target = "/healthz",
               .timeout = std::min(probe_timeout, end.left())};
    auto answered = caller.send(probe);
    if (answered && answered->status == 200)
      return each;
    reasons += "\n    "
               + (answered ? each.text() + " is no machine of Muster"
                           : answered.failure().message);
    if (end.over())
      break;
  }
  return error{errc::unavailable, "no machine answers:" + reasons};
}

} // namespace muster::cli
