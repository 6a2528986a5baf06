// SPDX-License-Identifier: Apache-2.0

// The part of `trio` that carries out effects.

#include "tests/unit/registry/trio.hpp"

namespace muster::test {

void trio::carry(size_t i, const shard_effects& all) {
  auto to_agent = [&](auto f) { queue(i, [this, i, f] { with_agent(i, f); }); };
  for (auto& effect : all) {
    machines_[i].table.apply(effect);
    std::visit(
      [&](auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, send_effect>) {
          send(i, x.to, x.what);
        } else if constexpr (std::is_same_v<type, send_home_effect>) {
          to_others.push_back(x);
        } else if constexpr (std::is_same_v<type, swap_effect>) {
          queue(i, [this, i, x] { swap(i, x); });
        } else if constexpr (std::is_same_v<type, release_effect>) {
          queue(i, [this, i] { machines_[i].keeper->release(only_shard); });
        } else if constexpr (std::is_same_v<type, renew_effect>) {
          queue(i, [this, i, x] {
            with_keeper(i, [&](auto& k, auto& out) {
              k.renew_now(x.granter, now_, out);
            });
          });
        } else if constexpr (std::is_same_v<type, cover_effect>) {
          cover_for(i, x);
        } else if constexpr (std::is_same_v<type, uncover_effect>) {
          uncover_for(i, x, false);
        } else if constexpr (std::is_same_v<type, members_effect>) {
          queue(i, [this, i] { announce_fence_members(i); });
        } else if constexpr (std::is_same_v<type, refresh_effect>) {
          announce_assignment(i);
        } else if constexpr (std::is_same_v<type, home_started>) {
          to_agent([this, x](auto& a, auto& out) {
            a.on_started(x);
            if (policies_known)
              a.on_policies(policies_, out);
          });
        } else if constexpr (std::is_same_v<type, home_stopped>) {
          to_agent([](auto& a, auto&) { a.on_stopped(); });
        } else if constexpr (std::is_same_v<type, directory_ask>) {
          to_agent([this, x](auto& a, auto& out) {
            a.on_directory_ask(x, now_, out);
          });
        } else if constexpr (std::is_same_v<type, home_resumed>) {
          to_agent([x](auto& a, auto&) { a.on_resumed(x); });
        } else if constexpr (std::is_same_v<type, entries_prepared>) {
          watched.insert(watched.end(), x.entries.begin(), x.entries.end());
          to_agent(
            [this, x](auto& a, auto& out) { a.on_prepared(x, now_, out); });
        } else if constexpr (std::is_same_v<type, entries_committed>) {
          to_agent([x](auto& a, auto& out) { a.on_committed(x, out); });
        } else if constexpr (std::is_same_v<type, copy_data>) {
          to_agent(
            [this, x](auto& a, auto& out) { a.on_copy_data(x, now_, out); });
        } else if constexpr (std::is_same_v<type, policy_data>) {
          to_agent(
            [this, x](auto& a, auto& out) { a.on_policy_data(x, now_, out); });
        } else if constexpr (std::is_same_v<type, note_effect>) {
          notes.insert(x.what);
        } else if constexpr (requires { on(i, x); }) {
          on(i, x);
        }
      },
      effect);
  }
}

void trio::carry(size_t i, const agent_effects& all) {
  auto to_replica = [&](auto f) {
    queue(i, [this, i, f] { with_replica(i, f); });
  };
  for (auto& effect : all)
    std::visit(
      [&](auto& x) {
        using type = std::decay_t<decltype(x)>;
        if constexpr (std::is_same_v<type, send_effect>)
          send(i, x.to, x.what);
        else if constexpr (std::is_same_v<type, home_submit>)
          to_replica(
            [this, x](auto& r, auto& out) { r.on_submit(x, now_, out); });
        else if constexpr (std::is_same_v<type, home_part>)
          to_replica(
            [this, x](auto& r, auto& out) { r.on_part(x, now_, out); });
        else if constexpr (std::is_same_v<type, copy_ask>)
          to_replica(
            [this, x](auto& r, auto& out) { r.on_copy_ask(x, now_, out); });
        else if constexpr (std::is_same_v<type, holders_ready>)
          to_replica([this, x](auto& r, auto& out) {
            r.on_holders_ready(x, now_, out);
          });
        else if constexpr (std::is_same_v<type, directory_told>)
          to_replica([this, x](auto& r, auto& out) {
            r.on_directory_told(x, now_, out);
          });
        else if constexpr (std::is_same_v<type, cover_effect>)
          cover_for(i, x);
        else if constexpr (std::is_same_v<type, uncover_effect>)
          uncover_for(i, x, true);
        else if constexpr (std::is_same_v<type, policy_ask>)
          to_replica(
            [this, x](auto& r, auto& out) { r.on_policy_ask(x, now_, out); });
        else if constexpr (std::is_same_v<type, observer_silent>)
          notes.insert("policy_machine_silent");
        else if constexpr (std::is_same_v<type, note_effect>)
          notes.insert(x.what); // the rest is of switches
      },
      effect);
}

void trio::carry(size_t i, const lease_effects& all) {
  for (auto& x : all.sends)
    send(i, x.to, x.what);
  for (auto& x : all.authorities)
    queue(i, [this, i, x] {
      with_replica(i,
                   [&](auto& r, auto& out) { r.on_authority(x, now_, out); });
    });
  for (auto& x : all.news)
    queue(i, [this, i, x] {
      with_replica(i, [&](auto& r, auto& out) { r.on_lease_news(x, out); });
      with_copies(i,
                  [&](auto& c, auto& out) { c.on_lease_news(x, now_, out); });
    });
}

void trio::carry(size_t i, const copy_effects& all) {
  for (auto& effect : all.all) {
    if (auto x = std::get_if<send_effect>(&effect))
      send(i, x->to, x->what);
    else if (auto y = std::get_if<copy_effects::table>(&effect))
      machines_[i].table.apply(y->what);
    else if (auto z = std::get_if<copy_effects::renew>(&effect))
      queue(i, [this, i, granter = z->granter] {
        with_keeper(i, [&](auto& k, auto& out) {
          k.renew_now(granter, now_, out);
        });
      });
  }
}

void trio::on(size_t i, const persist_effect& x) {
  machines_[i].disk.waiting.push_back({x.changes, std::nullopt, x.token});
  queue(i, [this, i] { flush(i); });
}

void trio::on(size_t i, const checkpoint_effect& x) {
  machines_[i].disk.waiting.push_back({{}, x, 0});
  queue(i, [this, i] { flush(i); });
}

void trio::on(size_t i, const require_effect& x) {
  queue(i, [this, i, x] {
    with_keeper(i, [&](auto& k, auto& out) {
      k.require(only_shard, x.of, x.version, x.granters, x.aspirants, out);
    });
  });
}

void trio::cover_for(size_t i, const cover_effect& x) {
  queue(i,
        [this, i, x] { machines_[i].keeper->start_covering(x.who, x.what); });
}

void trio::uncover_for(size_t i, const uncover_effect& x, bool agents) {
  queue(i, [this, i, x, agents] {
    auto answer = machines_[i].keeper->stop_covering(x.who, x.what);
    answer.number = x.number;
    queue(i, [this, i, answer, agents] {
      if (agents)
        with_agent(i, [&](auto& a, auto& out) {
          a.on_uncovered(answer, now_, out);
        });
      else
        with_replica(i, [&](auto& r, auto& out) {
          r.on_uncovered(answer, now_, out);
        });
    });
  });
}

void trio::announce_fence_members(size_t i) {
  if (!machines_[i].coordinated)
    return;
  std::vector<peer> peers;
  for (auto& m : machines_)
    peers.push_back(m.self);
  with_replica(i, [&](auto& r, auto& out) {
    r.on_members(epoch{revision_}, epoch{members_changed_}, peers, now_, out);
  });
}

} // namespace muster::test
