// SPDX-License-Identifier: Apache-2.0
#include "registry/policy_observer.hpp"

namespace muster {

namespace {

std::string list_of(const std::vector<std::string>& titles) {
  std::string out;
  for (auto& x : titles)
    out += (out.empty() ? "" : ", ") + x;
  return out;
}

} // namespace

void policy_observer::on_message(const peer& from, const observe& x,
                                 policy_observer_effects& out) {
  if (x.link.to != self_)
    return;
  auto& h = homes_[x.link.shard];
  if (x.link.of < h.of)
    return; // I5
  if (x.link.of > h.of || h.who != from) {
    // What the former term left undecided, this one tells again.
    undecided_count_ -= h.undecided.size();
    h = home{from, x.link.of, {}};
  }
  if (h.undecided.count(x.at) == 0) {
    if (undecided_count_ >= undecided_max)
      drop_oldest(h, out);
    h.undecided[x.at] = {x.id, list_of(x.policies)};
    ++undecided_count_;
  }
  auto link = x.link;
  link.to = from.run;
  out.emplace_back(send_effect{from.id, observed{link, x.at}});
}

void policy_observer::drop_oldest(home& from, policy_observer_effects& out) {
  // Of this home, or if it has none of whoever comes first.
  auto* to = &from;
  for (auto i = homes_.begin(); to->undecided.empty(); ++i)
    to = &i->second;
  auto oldest = to->undecided.begin();
  out.emplace_back(note_effect{true, "observed_too_many",
                               "command=" + oldest->second.id.value
                                 + " policy=" + oldest->second.policies
                                 + "; its outcome will not be told here"});
  to->undecided.erase(oldest);
  --undecided_count_;
}

void policy_observer::on_message(const peer& from, const observe_done& x,
                                 policy_observer_effects& out) {
  auto found = homes_.find(x.link.shard);
  if (x.link.to != self_ || found == homes_.end() || found->second.who != from
      || found->second.of != x.link.of)
    return;
  auto& all = found->second.undecided;
  while (!all.empty() && all.begin()->first <= x.upto) {
    auto& [at, what] = *all.begin();
    out.emplace_back(note_effect{false, "command_observed",
                                 "command=" + what.id.value + " shard="
                                   + std::to_string(x.link.shard.value)
                                   + " version=" + std::to_string(at.value)
                                   + " policy=" + what.policies});
    all.erase(all.begin());
    --undecided_count_;
    ++committed_count_;
  }
}

void policy_observer::on_tick(boot_time now, bool fresh,
                              policy_observer_effects& out) {
  if (fresh || fresh_at_ == boot_time{})
    fresh_at_ = now;
  auto stale = now - fresh_at_ > stale_after;
  if (stale == stale_)
    return;
  stale_ = stale;
  out.emplace_back(
    note_effect{stale, stale ? "policies_stale" : "policies_fresh",
                stale ? "goes on by those that it knew last; "
                        "the home of "
                          + std::string{policies_prefix} + " is out of reach"
                      : ""});
}

} // namespace muster
