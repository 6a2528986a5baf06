// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/session_keeper.hpp"
#include "registry/user_session.hpp"

#include <string>
#include <vector>

namespace muster {

/// One shard with all records, where every command is committed or refused at
/// once, and the keeper of its sessions.
struct session_world : record_source {
  shard_state::record_map records;
  sequence last;
  session_keeper keeper{session_keeper_options{}};
  boot_time now{std::chrono::seconds{100}};
  /// What the keeper wants done and nobody has done.
  std::vector<session_keeper::request> wanted;

  const record* find(const std::string& key) const override {
    auto i = records.find(key);
    return i == records.end() ? nullptr : &i->second;
  }

  /// @returns whether it is committed
  bool run(const command& x) {
    auto done = evaluate(x, *this);
    if (!done.refusal.empty())
      return false;
    ++last.value;
    for (auto& e : done.effects)
      if (e.erased)
        records.erase(e.key);
      else
        records[e.key] = {e.value, last};
    return true;
  }

  bool put(const std::string& key, const std::string& value) {
    command x;
    x.operations = {{operation_kind::put, key, value}};
    return run(x);
  }

  bool put_bound(const user_session& to, const std::string& key,
                 const std::string& value) {
    command x;
    x.operations = {{operation_kind::put, key, value}};
    return bind(x, to) && run(x);
  }

  void look() {
    keeper.on_look(records, now, wanted);
  }

  /// Time passes; the keeper looks twice a second, and what it wants is done.
  void pass(nanoseconds x) {
    for (auto end = now + x; now < end;) {
      now += std::chrono::milliseconds{500};
      look();
      obey();
    }
  }

  void obey() {
    for (auto& x : std::exchange(wanted, {})) {
      auto done = run(x.what);
      keeper.on_answer(x.number, done, !done, now);
    }
  }
};

inline user_session session_of(const std::string& id,
                               nanoseconds ttl = std::chrono::seconds{10}) {
  return {id, ttl, machine_id{"m1"}, "test"};
}

} // namespace muster
