// SPDX-License-Identifier: Apache-2.0

// The part of `local_copies` that takes grants of prefixes (3.4).

#include "registry/key.hpp"
#include "registry/local_copies.hpp"
#include "registry/mutants.hpp"

#include <algorithm>

namespace muster {

void local_copies::on_message(const peer& from, const copy_grant& x, boot_time,
                              copy_effects& out) {
  auto i = shards_.find(x.link.shard);
  if (i == shards_.end())
    return;
  auto& s = i->second;
  if (s.replica_here && x.last && from == granter_of(s)
      && x.link.to == self_.run)
    out.all.emplace_back(send_effect{
      from.id, copy_drop{flow{x.link.shard, x.link.of, x.link.in, from.run},
                         x.grant, x.prefix}}); // asked for before it was one
  if (!is_ours(from, x.link, s))
    return;
  // D2: one that comes again may have been given up since, and asked for anew.
  if (x.chunk == 0 ? x.grant <= s.newest : x.grant != s.newest)
    return;
  s.newest = x.grant;
  if (x.exact)
    return take_key(from, x, s, out);
  auto found = s.prefixes.find(x.prefix);
  if (found == s.prefixes.end()) {
    // Given up while the grant was on its way: the directory must not keep it.
    if (x.last)
      out.all.emplace_back(send_effect{
        from.id, copy_drop{flow{x.link.shard, s.of.of, s.in, from.run}, x.grant,
                           x.prefix}});
    return;
  }
  auto& p = found->second;
  if (x.chunk == 0) {
    p.arriving = x.grant;
    p.next_chunk = 0;
    p.staged.clear();
  }
  if (p.arriving != x.grant || p.next_chunk != x.chunk)
    return; // a chunk was lost with its connection: ask again later
  ++p.next_chunk;
  p.staged.insert(p.staged.end(), x.records.begin(), x.records.end());
  if (x.last)
    install(x, s, p, out);
}

void local_copies::install(const copy_grant& x, shard_copies& s, prefix_copy& p,
                           copy_effects& out) {
  auto id = x.link.shard;
  size_t bytes = 0;
  for (auto& r : p.staged)
    bytes += r.key.size() + r.value.size();
  if (bytes_ + bytes > options_.bytes_max && x.prefix != options_.own_prefix) {
    out.all.emplace_back(copy_effects::table{
      id, note_effect{true, "copies_full", "prefix=" + x.prefix}});
    p.staged.clear();
    if (p.grant != grant_number{})
      return; // the directory's entry is that of what is held, too
    p.arriving = grant_number{};
    auto granter = granter_of(s);
    out.all.emplace_back(
      send_effect{granter.id, copy_drop{flow{id, s.of.of, s.in, granter.run},
                                        x.grant, x.prefix}});
    return;
  }
  give_up_keys(s, x.prefix, out);
  std::set<std::string> present;
  take_records(x, s, p, present, out);
  take_locks(x, s, present, out);
  erase_missing(id, s, x.prefix, present, x.as_of, out);
  p.grant = p.arriving;
  ++own_version_;
  p.as_of = x.as_of;
  out.all.emplace_back(copy_effects::table{id, publish_prefix{x.prefix}});
  if (!options_.for_rack)
    return;
  validate_upto(id, s, x.as_of, out);
  give_waiting(id, s, x.prefix, out);
}

void local_copies::take_records(const copy_grant& x, shard_copies& s,
                                prefix_copy& p, std::set<std::string>& present,
                                copy_effects& out) {
  std::set<std::string_view> locked;
  for (auto& lock : x.locked)
    locked.insert(lock.key);
  for (auto& r : p.staged) {
    present.insert(r.key);
    auto [i, is_new] = s.records.try_emplace(r.key);
    if (is_new)
      bytes_ += r.key.size();
    auto& mine = i->second;
    bytes_ += r.value.size();
    bytes_ -= mine.value.size();
    mine.value = std::move(r.value);
    mine.version = r.version;
    mine.erased = false;
    // An undecided change after the grant's state keeps the key silent (D2).
    if (mine.pending <= x.as_of) {
      mine.pending = sequence{};
      mine.pending_locked = false;
      s.pending.erase(r.key);
    }
    if (locked.count(r.key) == 0)
      publish(x.link.shard, r.key, mine, out);
  }
  p.staged.clear();
}

void local_copies::take_locks(const copy_grant& x, shard_copies& s,
                              std::set<std::string>& present,
                              copy_effects& out) {
  for (auto& lock : x.locked) {
    present.insert(lock.key);
    auto [i, is_new] = s.records.try_emplace(lock.key);
    auto& mine = i->second;
    if (is_new) {
      bytes_ += lock.key.size();
      mine.erased = true;
    }
    if (mine.pending < lock.at) {
      mine.pending = lock.at;
      mine.pending_since = boot_time{};
      mine.pending_locked = true;
      s.pending.insert(lock.key);
    }
    out.all.emplace_back(
      copy_effects::table{x.link.shard, publish_silent{{lock.key}}});
  }
}

void local_copies::erase_missing(shard_id id, shard_copies& s,
                                 const std::string& prefix,
                                 const std::set<std::string>& present,
                                 sequence as_of, copy_effects& out) {
  // What an older grant of the prefix had and this one has not is absent now.
  for (auto i = s.records.lower_bound(prefix); i != s.records.end();) {
    if (prefix != "/" && !i->first.starts_with(prefix))
      break;
    auto stays = !covers(prefix, i->first) || present.count(i->first) > 0
                 || i->second.pending > as_of;
    if (stays) {
      ++i;
      continue;
    }
    out.all.emplace_back(copy_effects::table{id, publish_erase{i->first}});
    drop_record(s, (i++)->first);
  }
}

} // namespace muster
