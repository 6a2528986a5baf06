// SPDX-License-Identifier: Apache-2.0

// What clients read and mirror.

#include "tests/simulation/workload_client.hpp"

#include <iterator>

namespace muster::sim {

namespace {

const char* const served_names[] = {"primary", "backup", "copy"};

} // namespace

/// Prefixes that overlap come and go.
void workload::mirror(production_machine& m) {
  auto group = some_group();
  std::string all[] = {"/", "/g", group, group + "/k0"};
  auto& prefix = all[random_.below(std::size(all))];
  auto on = random_.chance(600);
  // At once again, while what concerned the former copy is on its way.
  if (on && random_.chance(500))
    m.mirror(prefix, false);
  m.mirror(prefix, on);
  ++count_.mirrored;
}

// -- reads --------------------------------------------------------------------

bool workload::read_local(const std::string& by, production_machine& m,
                          const std::string& key) {
  operation x;
  x.client = by;
  x.key = key;
  x.outcome = answer::ok;
  x.call_ns = x.return_ns = now();
  std::string value;
  sequence version;
  auto got = m.table().copy_to(shard(key), key, value, version);
  if (got.kind == read_kind::served)
    x.seen = value;
  else if (got.kind != read_kind::served_absent)
    return false;
  x.version = x.seen ? version.value : 0;
  x.served_from = served_names[got.served_from];
  ++count_.local_reads;
  count_.copy_reads += got.served_from == 2;
  record(std::move(x));
  return true;
}

void workload::look_everywhere(const std::string& key) {
  for (auto& id : world_.machines())
    if (auto m = usable(id))
      read_local(id.value + "look", *m, key);
}

void workload::read(client& c, production_machine& m) {
  auto key = random_.chance(100) ? some_group() + "/n" : some_key();
  if (random_.chance(700) && read_local(c.name(), m, key)) {
    auto& x = history_.back();
    c.seen[key] = {x.seen.value_or(""), *x.version};
    wake_later(c);
    return;
  }
  auto x = draft(c, key);
  auto at = record(std::move(x));
  kept_[at] = false;
  wait(c);
  auto timeout = random_.between(options_.timeout_min, options_.timeout_max);
  auto then = [this, &c, at, turn = c.turn](const read_reply* got) {
    if (turn != c.turn)
      return;
    if (got) {
      auto& op = history_[at];
      kept_[at] = true;
      op.outcome = answer::ok;
      op.return_ns = now();
      op.version = got->found ? got->version.value : 0;
      if (got->found)
        op.seen = got->value;
      op.served_from = "primary";
      ++count_.remote_reads;
      c.seen[op.key] = {got->value, *op.version};
    }
    done(c, false);
  };
  m.ask_home(shard(key), key, timeout, std::move(then));
}

bool workload::list_local(client& c, production_machine& m,
                          const std::string& prefix) {
  auto x = draft(c, prefix);
  x.kind = operation_kind::list;
  auto got = m.table().list(
    shard(prefix), prefix, [&](auto key, auto value, sequence version) {
      x.rows.push_back({std::string{key}, std::string{value}, version.value});
    });
  if (got.kind != read_kind::served)
    return false;
  x.outcome = answer::ok;
  x.return_ns = now();
  x.served_from = served_names[got.served_from];
  ++count_.listings;
  record(std::move(x));
  return true;
}

void workload::list(client& c, production_machine& m) {
  auto prefix = some_group();
  if (random_.chance(700) && list_local(c, m, prefix)) {
    wake_later(c);
    return;
  }
  auto x = draft(c, prefix);
  x.kind = operation_kind::list;
  auto at = record(std::move(x));
  kept_[at] = false;
  wait(c);
  auto timeout = random_.between(options_.timeout_min, options_.timeout_max);
  auto then = [this, &c, at, turn = c.turn](const list_reply* got) {
    if (turn != c.turn)
      return;
    if (got && !got->too_large) {
      auto& op = history_[at];
      kept_[at] = true;
      op.outcome = answer::ok;
      op.return_ns = now();
      op.served_from = "primary";
      for (auto& r : got->records)
        op.rows.push_back({r.key, r.value, r.version.value});
      ++count_.listings;
    }
    done(c, false);
  };
  m.ask_list(shard(prefix), prefix, timeout, std::move(then));
}

} // namespace muster::sim
