// SPDX-License-Identifier: Apache-2.0
#include "registry/holder_grants.hpp"

#include "registry/key.hpp"

#include <cassert>

namespace muster {

const holder_grants::entry* holder_grants::find(std::string_view path,
                                                bool exact) const {
  auto& from = grants_[exact];
  auto i = from.find(path);
  return i == from.end() ? nullptr : &*i;
}

holder_grants::entry* holder_grants::look_up(std::string_view path,
                                             bool exact) {
  return const_cast<entry*>(find(path, exact));
}

const holder_grants::entry*
holder_grants::newest_covering(std::string_view key, bool granted_only) const {
  const entry* newest = nullptr;
  auto consider = [&](const entry* x) {
    if (!x || (granted_only && x->second.number == grant_number{}))
      return;
    if (!newest || newest->second.number < x->second.number)
      newest = x;
  };
  consider(find(key, true));
  if (prefix_count() > 0)
    each_prefix(key, [&](auto prefix) { consider(find(prefix, false)); });
  return newest;
}

void holder_grants::ask(std::string_view path, bool exact) {
  auto found = look_up(path, exact);
  if (!found)
    found = &*grants_[exact].emplace(path, grant{}).first;
  found->second.asked = true;
  found->second.exact = exact;
}

void holder_grants::grant_as(std::string_view path, bool exact,
                             grant_number number) {
  auto x = look_up(path, exact);
  assert(x && number != grant_number{});
  numbers_.erase(x->second.number);
  x->second.number = number;
  x->second.asked = false;
  auto is_new = numbers_.emplace(number, x).second;
  assert(is_new);
  static_cast<void>(is_new);
}

void holder_grants::refuse(std::string_view path, bool exact) {
  auto x = look_up(path, exact);
  if (!x)
    return;
  x->second.asked = false;
  if (x->second.number == grant_number{})
    erase(*x);
}

bool holder_grants::give_up(grant_number number) {
  auto i = numbers_.find(number);
  if (i == numbers_.end())
    return false;
  auto x = i->second;
  numbers_.erase(i);
  x->second.number = grant_number{};
  if (!x->second.asked)
    erase(*x);
  return true;
}

void holder_grants::erase(const entry& x) {
  auto& from = grants_[x.second.exact];
  from.erase(from.find(x.first));
}

void holder_grants::add_prefixes(std::set<std::string>& to) const {
  for (auto& [prefix, g] : grants_[0])
    to.insert(prefix);
}

} // namespace muster
