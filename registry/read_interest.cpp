// SPDX-License-Identifier: Apache-2.0
#include "registry/read_interest.hpp"

#include <bit>
#include <utility>

namespace muster {

read_interest::read_interest(interest_options options) : options_(options) {
  // nop
}

void read_interest::generation::erase(const std::string& key) {
  auto i = keys.find(key);
  if (i == keys.end())
    return;
  pairs -= i->second.size();
  keys.erase(i);
}

uint32_t read_interest::generation::take(const peer& who,
                                         const std::string& key) {
  auto i = keys.find(key);
  if (i == keys.end())
    return 0;
  auto reader = i->second.find(who);
  if (reader == i->second.end())
    return 0;
  auto count = reader->second;
  i->second.erase(reader);
  --pairs;
  if (i->second.empty())
    keys.erase(i);
  return count;
}

bool read_interest::on_read(const peer& who, const std::string& key) {
  if (options_.reads_to_grant == 0 || options_.pairs_max == 0)
    return false;
  auto& mine = young_.keys[key];
  auto [i, is_new] = mine.try_emplace(who, 0);
  if (is_new) {
    ++young_.pairs;
    i->second = old_.take(who, key);
  }
  auto count = ++i->second;
  if (young_.pairs * 2 > options_.pairs_max) {
    old_ = std::exchange(young_, {});
    young_.keys[key].emplace(who, old_.take(who, key));
    young_.pairs = 1;
  }
  auto times = count / options_.reads_to_grant;
  return count % options_.reads_to_grant == 0 && std::has_single_bit(times);
}

void read_interest::on_write(const std::string& key) {
  young_.erase(key);
  old_.erase(key);
}

void read_interest::forget(const peer& who, const std::string& key) {
  young_.take(who, key);
  old_.take(who, key);
}

void read_interest::clear() {
  young_ = {};
  old_ = {};
}

} // namespace muster
