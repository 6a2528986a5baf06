// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/key.hpp"
#include "tests/unit/registry/trio.hpp"

namespace muster::test {

constexpr shard_id other_shard{1};

inline std::string key_in(shard_id shard, int which = 0) {
  for (int i = 0;; ++i) {
    auto key = "/k" + std::to_string(i) + "/x";
    if (shard_of(key, 2) == shard && which-- == 0)
      return key;
  }
}

inline const std::string here = key_in(only_shard);
inline const std::string near = key_in(only_shard, 1);
inline const std::string there = key_in(other_shard);

inline command put_both(const std::string& id, const std::string& value) {
  auto out = put_command(id, here, value);
  out.operations.push_back({operation_kind::put, there, value});
  return out;
}

inline shard_options of_two() {
  shard_options out;
  out.shard_count = 2;
  return out;
}

/// One shard of two; what the other one says is up to the test.
struct pair_of_shards : trio {
  explicit pair_of_shards(size_t machine_count = 3)
    : trio(3, machine_count, of_two()) {
    REQUIRE(run_until_served());
    run(1s);
    to_others.clear();
  }

  /// An attempt that this shard decides and that waits for the other one.
  attempt_name begin(const command& x, uint32_t number = 1) {
    slot = submit(0, x, number);
    drain();
    auto asked = take_told<part_prepare>();
    REQUIRE(asked);
    return asked->attempt;
  }

  void vote(const attempt_name& name, vote_kind what, bool holds = true) {
    part_vote x;
    x.from = other_shard;
    x.attempt = name;
    x.id = command_id{"t"};
    x.what = what;
    x.detail = what == vote_kind::yes ? "" : "for a reason";
    x.planned.holds = holds;
    tell_home(x);
    drain();
  }

  std::string verdict_text() const {
    auto found = find_verdict(slot);
    return found ? to_string(found->what) : "none";
  }

  /// What the other shard is told when it asks.
  std::optional<part_decision> ask(const attempt_name& name) {
    to_others.clear();
    tell_home(part_question{only_shard, other_shard, name, command_id{"t"}});
    drain();
    return take_told<part_decision>();
  }

  /// A part of a command that the other shard decides.
  part_prepare part(const command& x, uint64_t at = 7) {
    part_prepare out;
    out.attempt = {other_shard, term{3}, sequence{at}};
    out.what = x;
    out.origin = {machine_id{"m1"}, incarnation{1}};
    return out;
  }

  std::optional<part_vote> prepare(const part_prepare& x) {
    to_others.clear();
    prepare_part(x);
    return take_told<part_vote>();
  }

  void decide(const part_prepare& x, bool committed, bool otherwise = false) {
    tell_home(
      part_decision{only_shard, x.attempt, x.what.id, committed, otherwise});
    drain();
  }

  void fail_over() {
    kill(*primary());
    REQUIRE(run_until([&] { return primary() && serves(); }));
  }

  uint64_t slot = 0;
};

} // namespace muster::test
