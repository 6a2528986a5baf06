// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/request_rules.hpp"

#include <algorithm>

namespace muster {

namespace {

error refuse(const std::string& why) {
  return error{errc::invalid_argument, "coordinator transaction: " + why};
}

std::vector<std::string> written_keys(const coordinator_txn& request) {
  auto keys = request.deletes;
  for (auto& put : request.puts)
    keys.push_back(put.key);
  std::sort(keys.begin(), keys.end());
  return keys;
}

size_t size_in_bytes(const coordinator_txn& request) {
  size_t total = 0;
  for (auto& compare : request.compares)
    total += compare.key.size();
  for (auto& put : request.puts)
    total += put.key.size() + put.value.size();
  for (auto& key : request.deletes)
    total += key.size();
  return total;
}

} // namespace

status check(const coordinator_txn& request,
             const coordinator_options& limits) {
  auto keys = written_keys(request);
  if (keys.empty())
    return refuse("it neither puts nor deletes a key");
  if (std::max(keys.size(), request.compares.size())
      > limits.txn_operations_max)
    return refuse("more than " + std::to_string(limits.txn_operations_max)
                  + " operations; split it");
  if (size_in_bytes(request) > limits.txn_bytes_max)
    return refuse("more than " + std::to_string(limits.txn_bytes_max)
                  + " bytes of keys and values; split it");
  auto unnamed = [](const coordinator_compare& x) { return x.key.empty(); };
  if (keys.front().empty()
      || std::any_of(request.compares.begin(), request.compares.end(), unnamed))
    return refuse("a key is empty");
  if (auto twice = std::adjacent_find(keys.begin(), keys.end());
      twice != keys.end())
    return refuse("it writes the key " + *twice + " twice");
  return ok();
}

} // namespace muster
