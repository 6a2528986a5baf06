// SPDX-License-Identifier: Apache-2.0

// Copies of single keys (D6), and what covers a key.

#include "registry/key.hpp"
#include "registry/local_copies.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

bool local_copies::covered(const shard_copies& s,
                           const std::string& key) const {
  return keys_.holds(s.of.shard, key) || under_held_prefix(s, key);
}

bool local_copies::under_held_prefix(const shard_copies& s,
                                     const std::string& key) const {
  auto held = false;
  if (s.prefixes.empty())
    return held;
  each_prefix(key, [&](auto prefix) {
    auto i = s.prefixes.find(prefix);
    held = held || (i != s.prefixes.end() && i->second.grant != grant_number{});
  });
  return held;
}

void local_copies::drop_record(shard_copies& s, const std::string& key) {
  auto i = s.records.find(key);
  if (i == s.records.end())
    return;
  bytes_ -= i->first.size() + i->second.value.size();
  s.pending.erase(i->first);
  s.records.erase(i);
}

void local_copies::on_message(const peer& from, const copy_offer& x,
                              boot_time now, copy_effects& out) {
  auto i = shards_.find(x.link.shard);
  if (i == shards_.end() || x.link.to != self_.run || from != home_of(i->second)
      || x.key.size() > key_bytes_max
      || shard_of(x.key, shard_count_) != x.link.shard)
    return;
  auto& s = i->second;
  if (s.replica_here || x.link.of != s.of.of || s.of.of < s.known
      || granter_of(s) != from)
    return;
  // A prefix that is held or on its way brings it too: a user's, the machine's
  // own, or what the rack of a switch wants.
  auto has_it = [&](auto& y) { return covers(y.first, x.key); };
  if (options_.for_rack
      || std::any_of(s.prefixes.begin(), s.prefixes.end(), has_it))
    return;
  // One question begins the session; the others wait for it.
  auto waits = s.in == session{} && !keys_.asked(s.of.shard).empty();
  if (keys_.ask({s.of.shard, x.key}, now, options_.resend) && !waits)
    ask_key(s, x.key, out);
}

void local_copies::ask_key(shard_copies& s, const std::string& key,
                           copy_effects& out) {
  auto home = home_of(s);
  if (granter_of(s) != home)
    return; // a switch grants prefixes only
  out.all.emplace_back(
    send_effect{home.id, copy_request{flow{s.of.shard, s.of.of, s.in, home.run},
                                      key, true}});
}

void local_copies::ask_keys_again(boot_time now, copy_effects& out) {
  for (auto& [shard, key] : keys_.due(now, options_.resend))
    ask_key(shards_.at(shard), key, out);
}

void local_copies::take_key(const peer& from, const copy_grant& x,
                            shard_copies& s, copy_effects& out) {
  auto id = x.link.shard;
  key_copies::name name{id, x.prefix};
  std::string_view value;
  auto& found = x.records;
  auto present = found.size() == 1 && found[0].key == x.prefix;
  if (present)
    value = found[0].value;
  auto bytes = key_copies::cost_of(x.prefix, value);
  if (!keys_.knows(name) || !keys_.fits(bytes)) {
    give_up_key(s, x.prefix, out); // an older grant of it
    out.all.emplace_back(
      send_effect{from.id, copy_drop{flow{id, s.of.of, s.in, from.run}, x.grant,
                                     x.prefix}});
    return;
  }
  make_room(name, bytes, out);
  keys_.grant(name, x.grant, bytes);
  prefix_copy arriving;
  if (present)
    arriving.staged = found;
  std::set<std::string> taken;
  take_records(x, s, arriving, taken, out);
  take_locks(x, s, taken, out);
  auto old = s.records.find(x.prefix);
  if (!taken.empty()
      || (old != s.records.end() && old->second.pending > x.as_of))
    return;
  // Known to be absent.
  drop_record(s, x.prefix);
  out.all.emplace_back(copy_effects::table{id, publish_erase{x.prefix, true}});
}

void local_copies::make_room(const key_copies::name& x, size_t bytes,
                             copy_effects& out) {
  while (auto victim = keys_.victim_for(x, bytes)) {
    ++keys_.counts().evicted;
    give_up_key(shards_.at(victim->first), victim->second, out);
  }
}

void local_copies::give_up_key(shard_copies& s, const std::string& key,
                               copy_effects& out) {
  auto id = s.of.shard;
  auto grant = keys_.grant_of({id, key});
  keys_.erase({id, key});
  if (grant == grant_number{})
    return;
  // Silent first, then out of the directory (W5), unless a prefix covers it.
  if (!under_held_prefix(s, key)) {
    if (!MUSTER_MUTANT(d6_given_up_not_silent))
      out.all.emplace_back(copy_effects::table{id, publish_evict{key}});
    drop_record(s, key);
  }
  auto home = home_of(s);
  out.all.emplace_back(send_effect{
    home.id, copy_drop{flow{id, s.of.of, s.in, home.run}, grant, key}});
}

void local_copies::give_up_keys(shard_copies& s, const std::string& prefix,
                                copy_effects& out) {
  auto home = home_of(s);
  flow link{s.of.shard, s.of.of, s.in, home.run};
  for (auto& [key, grant] : keys_.take_under(s.of.shard, prefix))
    out.all.emplace_back(send_effect{home.id, copy_drop{link, grant, key}});
}

bool local_copies::keep_key(shard_copies& s, const std::string& key,
                            const std::string& value, copy_effects& out) {
  if (keys_.empty()
      || !keys_.on_decided({s.of.shard, key}, key_copies::cost_of(key, value)))
    return true;
  ++keys_.counts().withdrawn;
  give_up_key(s, std::string{key}, out);
  return false;
}

} // namespace muster
