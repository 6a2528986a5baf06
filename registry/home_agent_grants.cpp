// SPDX-License-Identifier: Apache-2.0

// The part of `home_agent` that grants copies, and offers them (3.4).

#include "registry/home_agent.hpp"
#include "registry/key.hpp"
#include "registry/mutants.hpp"

namespace muster {

namespace {

bool is_well_formed(const copy_request& x) {
  if (x.exact)
    return static_cast<bool>(check_key(x.prefix));
  auto normal = normalize_prefix(x.prefix);
  return normal && *normal == x.prefix;
}

} // namespace

void home_agent::on_read(const peer& from, const read_request& x,
                         agent_effects& out) {
  auto is_own = x.key.size() <= key_bytes_max
                && shard_of(x.key, options_.shard_count) == shard_;
  if (!active() || handing_over_ || from == self_ || members_.count(from) == 0
      || !is_own || !interest_.on_read(from, x.key))
    return;
  out.emplace_back(send_effect{
    from.id, copy_offer{flow{shard_, term_, session{}, from.run}, x.key}});
}

void home_agent::on_copy_request(const peer& from, const copy_request& x,
                                 agent_effects& out) {
  if (!is_well_formed(x))
    return; // nobody who keeps to the protocol asks for that
  // The copies of a switch have to know what is wanted, to get some.
  if (options_.for_rack && x.exact)
    return; // a rack has copies of prefixes only
  if (options_.for_rack && x.link.of != term_ && members_.count(from) > 0)
    out.emplace_back(copy_ask{shard_, term{}, from, x.prefix});
  if (!active() || handing_over_ || x.link.of != term_ || x.link.to != self_.run
      || members_.count(from) == 0)
    return; // not the home, or not registered after the swap (F1)
  auto i = holders_.find(from);
  if (i == holders_.end()) {
    if (holders_.size() >= options_.holders_max)
      return;
    i = holders_.emplace(from, holder{}).first;
    i->second.of = term_;
    i->second.in = session{next_session_++};
    out.emplace_back(cover_effect{
      from, cover{shard_, cover_kind::copy, term_, i->second.in}, under_});
  }
  auto& h = i->second;
  if (h.expelling)
    return;
  if (x.link.in != h.in) {
    out.emplace_back(send_effect{from.id, copy_session{link_to(from, h)}});
    return;
  }
  auto full = x.exact ? h.grants.key_count() >= options_.keys_max
                      : h.grants.prefix_count() >= prefixes_max(from);
  if (full && !h.grants.find(x.prefix, x.exact))
    return;
  h.grants.ask(x.prefix, x.exact); // in the directory before it is passed on
  out.emplace_back(copy_ask{shard_, term_, from, x.prefix, x.exact});
}

void home_agent::on_copy_data(const copy_data& x, boot_time now,
                              agent_effects& out) {
  if (x.of != term_)
    return;
  auto i = holders_.find(x.holder);
  auto known = i != holders_.end() && !i->second.expelling && !handing_over_
               && i->second.grants.find(x.prefix, x.exact);
  // Nobody asks for a single key for ever: it must not stay in the directory.
  if (x.exact && i != holders_.end() && !(known && x.granted))
    i->second.grants.refuse(x.prefix, true);
  if (!x.granted)
    return;
  if (round_ != x.round) {
    round_ = x.round;
    reported_ = x.as_of; // the shard forgot what it was told before
  }
  if (known) {
    grant_number number{next_grant_++};
    i->second.grants.grant_as(x.prefix, x.exact, number);
    interest_.forget(x.holder, x.prefix);
    send_grant(x.holder, i->second, x, number, out);
  }
  for (auto& entry : x.undecided) {
    auto& f = flights_[entry.at];
    f.entry = entry;
    if (!known || MUSTER_MUTANT(d3_in_flight_forgotten))
      continue;
    // D3: the grant is followed by the invalidation of each undecided entry.
    invalidate_at(x.holder, i->second, f, now, out);
    out.emplace_back(
      send_effect{entry.origin,
                  enlist{entry.slot,
                         entry.id,
                         {describe(x.holder, participation::acquired_in_flight,
                                   x.prefix)}}});
  }
  report(out);
}

void home_agent::send_grant(const peer& who, holder& h, const copy_data& x,
                            grant_number number, agent_effects& out) {
  copy_grant chunk;
  uint32_t index = 0;
  size_t bytes = 0;
  auto flush = [&](bool last) {
    chunk.link = link_to(who, h);
    chunk.grant = number;
    chunk.prefix = x.prefix;
    chunk.exact = x.exact;
    chunk.as_of = x.as_of;
    chunk.chunk = index++;
    chunk.last = last;
    if (last)
      chunk.locked = x.locked;
    out.emplace_back(send_effect{who.id, std::move(chunk)});
    chunk = copy_grant{};
    bytes = 0;
  };
  for (auto& r : x.records) {
    bytes += r.key.size() + r.value.size() + 24;
    chunk.records.push_back(r);
    if (bytes >= options_.chunk_bytes && !x.exact)
      flush(false);
  }
  flush(true);
}

} // namespace muster
