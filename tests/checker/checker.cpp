// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/checker.hpp"

#include "tests/checker/key_search.hpp"
#include "tests/checker/shard_order.hpp"

#include <algorithm>
#include <map>

namespace muster::sim {

namespace {

struct one_key {
  key_states facts;
  std::optional<uint32_t> shard;
  int64_t erased = never_after;
};

/// One judgement of one history.
class judgement {
public:
  judgement(const history& xs, const checker_options& options)
    : xs_(xs), options_(options) {
    // nop
  }

  verdict run() {
    collect();
    for (auto& [name, key] : keys_)
      if (auto wrong = judge_key(name, key))
        return report(wrong);
    add_listings();
    for (auto& [number, shard] : shards_)
      if (auto wrong = shard.judge())
        return report(wrong);
    return out_;
  }

private:
  void collect() {
    for (const auto& x : xs_) {
      if (x.outcome == answer::ok || x.outcome == answer::refused)
        ++out_.definite_count;
      if (x.kind == operation_kind::list)
        continue;
      auto& key = keys_[x.key];
      key.facts.add(x);
      if (x.shard)
        key.shard = x.shard;
      if (x.kind == operation_kind::erase && x.outcome == answer::unknown)
        key.erased = std::min(key.erased, x.call_ns);
    }
    for (const auto& x : xs_)
      if (x.kind == operation_kind::list && x.outcome == answer::ok)
        for (const auto& row : x.rows)
          keys_[row.key].facts.add_read(x, row.version, row.value);
    for (const auto& x : xs_)
      if (x.kind == operation_kind::list && x.outcome == answer::ok)
        collect_absent(x);
  }

  /// A listing reads every key under its prefix, also those it does not name.
  void collect_absent(const operation& x) {
    auto named = [&](const std::string& key) {
      return std::any_of(x.rows.begin(), x.rows.end(),
                         [&](const auto& row) { return row.key == key; });
    };
    for (auto& [name, key] : keys_)
      if ((!x.shard || x.shard == key.shard) && covers(x.key, name)
          && !named(name))
        key.facts.add_absent(x);
  }

  finding judge_key(const std::string& name, one_key& key) {
    if (auto wrong = key.facts.arrange())
      return wrong;
    key_search search{key.facts, options_.attempts_max};
    if (auto wrong = search.run())
      return wrong;
    if (search.undecided())
      ++out_.undecided_count;
    else if (key.shard)
      shards_[*key.shard].add_key(name, search.states(), key.erased);
    return {};
  }

  /// Each shard's part of a listing is a cut of its own.
  void add_listings() {
    for (const auto& x : xs_) {
      if (x.kind != operation_kind::list || x.outcome != answer::ok)
        continue;
      for (auto& [number, shard] : shards_) {
        if (x.shard && *x.shard != number)
          continue;
        std::vector<listed_row> rows;
        for (const auto& row : x.rows)
          if (keys_[row.key].shard == number)
            rows.push_back(row);
        shard.add_listing(x, std::move(rows));
      }
    }
  }

  verdict report(const finding& wrong) {
    out_.found = wrong.kind;
    out_.explanation = to_string(wrong.kind);
    for (auto x : {wrong.first, wrong.second}) {
      if (!x)
        continue;
      out_.explanation += "\n  " + describe(*x);
      out_.offending.push_back(static_cast<size_t>(x - xs_.data()));
    }
    return out_;
  }

  const history& xs_;
  const checker_options& options_;
  std::map<std::string, one_key> keys_;
  std::map<uint32_t, shard_order> shards_;
  verdict out_;
};

} // namespace

const char* to_string(fault_found x) {
  switch (x) {
    case fault_found::none:
      return "linearizable";
    case fault_found::malformed:
      return "malformed: the history itself makes no sense";
    case fault_found::stale_read:
      return "stale read: it began after a newer write was acknowledged";
    case fault_found::went_back:
      return "went back: an earlier read had already seen a newer record";
    case fault_found::read_too_early:
      return "read too early: it ended before a write that its record follows";
    case fault_found::order_broken:
      return "order broken: an older version was written after a newer one";
    case fault_found::never_written:
      return "never written: nobody wrote what was read";
    case fault_found::refused_visible:
      return "refused visible: a write that was not done was read";
    case fault_found::applied_twice:
      return "applied twice: one write appears under two versions";
    case fault_found::version_reused:
      return "version reused: two writes have the same version";
    case fault_found::wrong_value:
      return "wrong value: one version was seen with two values";
    case fault_found::guard_broken:
      return "guard broken: a write took effect on a record that forbids it";
    case fault_found::absence_unjustified:
      return "absence unjustified: the key was there during the whole read";
    case fault_found::refusal_unjustified:
      return "refusal unjustified: the guard held during the whole operation";
    case fault_found::not_a_cut:
      return "not a cut: no one instant has all records of the listing";
  }
  return "?";
}

verdict check(const history& xs, const checker_options& options) {
  return judgement{xs, options}.run();
}

} // namespace muster::sim
