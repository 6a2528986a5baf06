// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/transaction_mix.hpp"

#include <numeric>
#include <set>

namespace muster::sim {

namespace {

using change = muster::operation_kind;

muster::operation add(const std::string& key, int64_t delta,
                      int64_t floor = INT64_MIN) {
  return {change::add, key, {}, delta, floor, INT64_MAX};
}

} // namespace

const std::array<std::string, 5>& list_keys() {
  static const std::array<std::string, 5> out{
    "/list/1/x", "/list/2/x", "/list/3/x", "/list/4/x", "/list/5/x"};
  return out;
}

const std::array<std::string, 4>& account_keys() {
  static const std::array<std::string, 4> out{
    "/bank/1/balance", "/bank/2/balance", "/bank/3/balance", "/bank/4/balance"};
  return out;
}

const std::array<std::string, 2>& missed_keys() {
  static const std::array<std::string, 2> out{"/missed/1/n", "/missed/2/n"};
  return out;
}

command draft_transfer(sim_random& random) {
  auto& all = account_keys();
  auto from = random.below(all.size());
  auto to = (from + 1 + random.below(all.size() - 1)) % all.size();
  auto amount = static_cast<int64_t>(1 + random.below(9));
  command out;
  out.operations = {add(all[from], -amount, -30), add(all[to], amount)};
  return out;
}

command draft_audit() {
  command out;
  for (auto& key : account_keys())
    out.operations.push_back(add(key, 0));
  return out;
}

std::string check_audit(const std::vector<int64_t>& counters) {
  auto sum = std::accumulate(counters.begin(), counters.end(), int64_t{0});
  if (counters.size() == account_keys().size() && sum == 0)
    return {};
  std::string text;
  for (auto x : counters)
    text += (text.empty() ? "" : ", ") + std::to_string(x);
  return "I2: the accounts were at one instant " + text;
}

std::vector<std::string> draw_lists(sim_random& random) {
  std::set<std::string> out;
  for (auto count = 2 + random.below(2); out.size() < count;)
    out.insert(list_keys()[random.below(list_keys().size())]);
  return {out.begin(), out.end()};
}

command draft_append(sim_random& random, transaction& x) {
  command out;
  // One list is appended to at least; the others may be read only.
  auto first = random.below(x.parts.size());
  for (size_t i = 0; i < x.parts.size(); ++i) {
    auto& part = x.parts[i];
    part.appends = i == first || random.chance(500);
    if (part.before.empty())
      out.guards.push_back({guard_kind::absent, part.key, {}, {}});
    else
      out.guards.push_back({guard_kind::value, part.key, {}, part.before});
    if (part.appends)
      out.operations.push_back(
        {change::put, part.key, part.before + x.name + ","});
  }
  if (random.chance(500))
    for (auto& key : missed_keys())
      out.otherwise.push_back(add(key, 1));
  return out;
}

} // namespace muster::sim
