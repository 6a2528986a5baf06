// SPDX-License-Identifier: Apache-2.0
#pragma once

// The dumb twins of the checker: a store that is linearizable because each
// operation takes effect at one instant of its own, and a checker that tries
// every order.

#include "tests/checker/history.hpp"

#include <algorithm>
#include <map>
#include <random>

namespace muster::sim {

struct twin_options {
  size_t operation_count = 60;
  size_t client_count = 4;
  size_t key_count = 3;
  unsigned unknown_percent = 10;
  unsigned list_percent = 5;
  unsigned add_percent = 0;
  /// Refusals tell the version that refused them.
  bool told_refusals = true;
};

/// Makes histories of a linearizable store.
class twin_store {
public:
  twin_store(uint64_t seed, const twin_options& options)
    : dice_(seed), options_(options) {
    // nop
  }

  history run() {
    std::vector<int64_t> free_at(options_.client_count, 0);
    while (out_.size() < options_.operation_count) {
      auto who = below(options_.client_count);
      auto x = some_operation(who);
      x.call_ns = free_at[who] + pick(1, 20);
      auto effect_at = x.call_ns + pick(0, 30);
      x.return_ns = effect_at + pick(0, 30);
      free_at[who] = x.return_ns;
      if (is_write(x) && pick(1, 100) <= options_.unknown_percent) {
        x.outcome = answer::unknown;
        x.return_ns = never;
        effect_at += pick(0, 2) == 0 ? never / 2 : pick(0, 300);
        ++names_;
      }
      effects_.emplace(effect_at, out_.size());
      out_.push_back(std::move(x));
    }
    for (auto [at, i] : effects_)
      if (at < never / 2)
        take_effect(out_[i]);
    return out_;
  }

private:
  static constexpr int64_t never = std::numeric_limits<int64_t>::max();

  struct record {
    record_value value;
    uint64_t version = 0;
  };

  int64_t pick(int64_t from, int64_t to) {
    return std::uniform_int_distribution<int64_t>{from, to}(dice_);
  }

  size_t below(size_t n) {
    return static_cast<size_t>(pick(0, static_cast<int64_t>(n) - 1));
  }

  operation some_operation(size_t who) {
    operation x;
    x.client = "c" + std::to_string(who) + "." + std::to_string(names_);
    x.key = "/k/" + std::to_string(below(options_.key_count));
    x.shard = 7;
    auto roll = static_cast<unsigned>(pick(0, 99));
    if (roll < options_.list_percent) {
      x.kind = operation_kind::list;
      x.key = "/k";
    } else if (roll < options_.list_percent + options_.add_percent) {
      x.kind = operation_kind::add;
      x.key = "/k/n" + std::to_string(below(options_.key_count));
      x.delta = pick(1, 3);
      x.ceiling = 20;
    } else {
      constexpr operation_kind kinds[]
        = {operation_kind::read,  operation_kind::read, operation_kind::write,
           operation_kind::write, operation_kind::cas,  operation_kind::erase};
      x.kind = kinds[pick(0, 5)];
    }
    if (x.kind == operation_kind::write || x.kind == operation_kind::cas)
      x.written = "v" + std::to_string(out_.size());
    if (x.kind == operation_kind::cas
        || (x.kind == operation_kind::erase && pick(0, 2) == 0))
      x.demanded = some_guard();
    return x;
  }

  guard some_guard() {
    guard out;
    auto likely = out_.size() - below(std::min<size_t>(out_.size() + 1, 8));
    switch (pick(0, 2)) {
      case 0:
        out.on = guard::kind::absent;
        break;
      case 1:
        out.on = guard::kind::value;
        out.value = "v" + std::to_string(likely);
        break;
      default:
        // Which version it will find is known only when it takes effect.
        out.on = guard::kind::version;
        out.version = static_cast<uint64_t>(pick(0, 2));
    }
    return out;
  }

  /// A version guard names a version that some reader was told.
  void settle_guard(operation& x, const record& r) const {
    if (x.demanded.on == guard::kind::version)
      x.demanded.version
        = x.demanded.version == 0 || !seen_.contains(r.version) ? 0 : r.version;
  }

  void take_effect(operation& x) {
    if (x.kind == operation_kind::list) {
      for (const auto& [key, r] : records_)
        if (r.value)
          x.rows.push_back({key, *r.value, r.version});
      return;
    }
    auto& r = records_[x.key];
    bool told = x.outcome == answer::ok;
    if (x.kind == operation_kind::read) {
      x.seen = r.value;
      x.version = r.version;
      seen_[r.version] = true;
      return;
    }
    settle_guard(x, r);
    auto made = effect(x, r.value);
    if (!made || !guard_holds(x.demanded, r.value, r.version)) {
      if (told)
        refuse(x, r);
      return;
    }
    sequence_ += static_cast<uint64_t>(pick(1, 2));
    r.value = *made;
    r.version = r.value ? sequence_ : 0;
    if (told) {
      x.version = sequence_;
      x.seen = x.kind == operation_kind::add ? r.value : record_value{};
      seen_[sequence_] = true;
    }
  }

  void refuse(operation& x, const record& r) {
    x.outcome = answer::refused;
    if (!options_.told_refusals)
      return;
    x.version = r.version;
    seen_[r.version] = true;
  }

  std::mt19937_64 dice_;
  twin_options options_;
  history out_;
  std::multimap<int64_t, size_t> effects_;
  std::map<std::string, record> records_;
  std::map<uint64_t, bool> seen_;
  uint64_t sequence_ = 0;
  size_t names_ = 0;
};

/// Wing and Gong's search ("Testing and verifying concurrent objects", 1993)
/// over one key: exponential, for histories of about ten operations.
class order_search {
public:
  explicit order_search(const history& xs) : xs_(xs), done_(xs.size(), false) {
    for (const auto& x : xs) {
      if (x.version && *x.version > 0)
        versions_.push_back(*x.version);
      if (x.demanded.version > 0)
        versions_.push_back(x.demanded.version);
    }
  }

  bool run() {
    return extend({}, 0, 0);
  }

private:
  /// @param version  of the record, 0 if it is absent
  /// @param last  the sequence number used last
  bool extend(const record_value& value, uint64_t version, uint64_t last) {
    auto limit = std::numeric_limits<int64_t>::max();
    bool complete = true;
    for (size_t i = 0; i < xs_.size(); ++i)
      if (!done_[i] && must_happen(xs_[i])) {
        complete = false;
        limit = std::min(limit, xs_[i].return_ns);
      }
    if (complete)
      return true;
    for (size_t i = 0; i < xs_.size(); ++i) {
      if (done_[i] || xs_[i].call_ns > limit || !may_happen(xs_[i]))
        continue;
      done_[i] = true;
      if (step(xs_[i], value, version, last))
        return true;
      done_[i] = false;
    }
    return false;
  }

  static bool must_happen(const operation& x) {
    return x.outcome == answer::ok || x.outcome == answer::refused;
  }

  static bool may_happen(const operation& x) {
    return must_happen(x) || (x.outcome == answer::unknown && is_write(x));
  }

  bool step(const operation& x, const record_value& value, uint64_t version,
            uint64_t last) {
    if (x.kind == operation_kind::read)
      return x.seen == value && x.version == version
             && extend(value, version, last);
    auto made = effect(x, value);
    bool accepted = made && guard_holds(x.demanded, value, version);
    if (x.outcome == answer::refused)
      return !accepted && (!x.version || x.version == version)
             && extend(value, version, last);
    if (!accepted)
      return false;
    if (x.outcome == answer::ok)
      return *x.version > last
             && (x.kind != operation_kind::add || x.seen == *made)
             && extend(*made, *made ? *x.version : 0, *x.version);
    if (extend(*made, *made ? last + 1 : 0, last + 1))
      return true;
    for (auto v : versions_)
      if (v > last + 1 && extend(*made, *made ? v : 0, v))
        return true;
    return false;
  }

  const history& xs_;
  std::vector<bool> done_;
  std::vector<uint64_t> versions_;
};

} // namespace muster::sim
