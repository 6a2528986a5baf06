// SPDX-License-Identifier: Apache-2.0

// What an allocator knows of allocations that there are, and its metrics.

#include "runtime/placement/allocator_parts.hpp"

#include "allocator/record_keys.hpp"

#include <algorithm>

namespace muster {

namespace {

error no_allocation(const std::string& id) {
  return error{errc::not_found,
               "there is no allocation " + id
                 + ": it was released, has expired, or never was"};
}

/// What the records of several machines say of one allocation.
std::optional<allocation> merged(const std::string& id,
                                 const allocation_texts& texts) {
  std::optional<allocation> out;
  for (auto& [machine, text] : texts) {
    auto told = parse_allocation(id, text);
    if (!told)
      continue;
    if (!out)
      out = std::move(*told);
    else
      out->parts.insert(out->parts.end(), told->parts.begin(),
                        told->parts.end());
  }
  return out;
}

} // namespace

result<topology_links> links_of(const inventory& x) {
  auto& links = x.links();
  if (links.link_count() > listed_links_max)
    return error{errc::overloaded,
                 "there are " + std::to_string(links.link_count())
                   + " links, more than are told at once: list "
                     "/topology/links"};
  topology_links out;
  std::vector<vertex> order(links.size());
  for (vertex v = 0; v < links.size(); ++v)
    order[v] = v;
  // Who has no link and is no machine has only been a name.
  std::erase_if(order, [&](vertex v) {
    auto found = x.find(machine_id{links.name(v)});
    return links.neighbours(v).empty()
           && (found == nullptr || !found->facts.has_value());
  });
  std::sort(order.begin(), order.end(),
            [&](vertex a, vertex b) { return links.name(a) < links.name(b); });
  std::vector<size_t> place(links.size());
  for (auto v : order) {
    place[v] = out.places.size();
    auto found = x.find(machine_id{links.name(v)});
    auto is_machine = found != nullptr && found->facts.has_value();
    out.places.push_back(
      {links.name(v), is_machine, is_machine && found->started});
  }
  for (auto v : order)
    for (auto to : links.neighbours(v))
      if (place[v] < place[to])
        out.links.emplace_back(place[v], place[to]);
  std::sort(out.links.begin(), out.links.end());
  return out;
}

status allocations::impl::know_all(const time_limit& limit) {
  if (auto done = keeper.follow(limit.left()); !done)
    return done;
  return keeper.catch_up(limit.left());
}

std::optional<allocation>
allocations::impl::known_record(const std::string& id) {
  return keeper.use([&](known_cluster& known) {
    auto i = known.allocations.find(id);
    return i == known.allocations.end() ? std::nullopt : merged(id, i->second);
  });
}

result<allocation> allocations::impl::any_record(const std::string& id,
                                                 const time_limit& limit) {
  if (auto checked = check_allocation_id(id); !checked)
    return checked.failure();
  auto before = claimed(id, limit);
  if (!before)
    return before.failure();
  if (*before)
    return std::move(**before);
  auto own = node.get(allocation_key(node.id(), id), {false, limit.left()});
  if (!own)
    return own.failure();
  if (own->found)
    return parse_allocation(id, own->value);
  if (auto done = keeper.follow(limit.left()); !done)
    return done.failure();
  auto known = known_record(id);
  if (!known) {
    if (auto done = keeper.catch_up(limit.left()); !done)
      return done.failure();
    known = known_record(id);
  }
  return known ? result<allocation>{std::move(*known)} : no_allocation(id);
}

result<allocations::impl::located>
allocations::impl::locate(const std::string& id, const time_limit& limit) {
  auto any = any_record(id, limit);
  if (!any)
    return any.failure();
  located out{std::move(*any), {}};
  auto claimed = out.what.claimed;
  out.what.parts.clear();
  for (auto& each : out.what.machines) {
    auto found = node.get(allocation_key(each, id), {false, limit.left()});
    if (!found)
      return found.failure();
    if (!found->found)
      return no_allocation(id);
    auto told = parse_allocation(id, found->value);
    if (!told)
      return told.failure();
    out.what.parts.insert(out.what.parts.end(), told->parts.begin(),
                          told->parts.end());
    out.versions.push_back(found->version);
  }
  if (!claimed)
    return out;
  auto found = node.get(claim_key(id), {false, limit.left()});
  if (!found)
    return found.failure();
  if (!found->found)
    return no_allocation(id);
  out.versions.push_back(found->version);
  return out;
}

status allocations::impl::release(const std::string& id,
                                  const time_limit& limit) {
  for (int i = 1;; ++i) {
    auto found = locate(id, limit);
    if (!found)
      return found.failure();
    auto& x = found->what;
    // The records name the machines; a plan has one for each that has parts.
    if (machines_of(x.parts) != x.machines)
      return error{errc::corrupt, "the records of allocation " + id
                                    + " contradict each other"};
    auto failed
      = carry_out(plan_release(id, x.parts, x.claimed, found->versions), limit);
    if (!failed)
      return ok();
    // Somebody has released it, and perhaps it was made anew since.
    if (failed->code != errc::refused || i == releases_max)
      return *failed;
  }
}

result<std::vector<allocation>>
allocations::impl::list(const time_limit& limit) {
  if (auto done = know_all(limit); !done)
    return done.failure();
  std::vector<std::pair<std::string, allocation_texts>> found;
  auto fits = keeper.use([&](known_cluster& known) {
    if (known.allocations.size() > listed_allocations_max)
      return false;
    found.assign(known.allocations.begin(), known.allocations.end());
    return true;
  });
  if (!fits)
    return error{errc::overloaded,
                 "there are more than " + std::to_string(listed_allocations_max)
                   + " allocations: list those of a machine, "
                     "/machines/<id>/allocations"};
  std::vector<allocation> out;
  for (auto& [id, texts] : found)
    if (auto each = merged(id, texts))
      out.push_back(std::move(*each));
  return out;
}

// -- metrics ------------------------------------------------------------------

double allocations::impl::sum_of_devices(bool reserved) {
  return keeper.use([&](known_cluster& known) {
    auto& rows = known.resources.devices();
    uint64_t out = 0;
    for (size_t row = 0; row < rows.devices.size(); ++row) {
      auto* x = rows.devices[row];
      if (x == nullptr || x->row != row || !x->facts || !x->machine->started)
        continue;
      auto has = x->facts->capacity_bytes;
      auto left = rows.table.exact(x->row)[quantity::capacity];
      out += reserved ? has - std::min(has, left) : has;
    }
    return static_cast<double>(out);
  });
}

void allocations::impl::publish() {
  std::vector<metric_reading> out;
  auto count = [&](const char* name, const char* help,
                   const placement_probe::count& from,
                   decltype(metric_reading::labels) labels = {}) {
    out.push_back({name, help, std::move(labels), true,
                   [&from] { return static_cast<double>(from.load()); }});
  };
  count("muster_allocations_placed_total", "Allocations made here",
        probe.placed);
  count("muster_allocations_refused_total", "Requests refused here",
        probe.refused);
  for (size_t i = 0; i < criterion_count; ++i)
    count("muster_allocations_refused_by_total",
          "Refusals in which a criterion excluded candidates that those before "
          "it let pass",
          probe.refused_by[i],
          {{"criterion", to_string(static_cast<criterion>(i))}});
  count("muster_allocation_conflicts_total",
        "Attempts to reserve that lost a race, or found no home",
        probe.conflicts);
  count("muster_allocations_released_total", "Released here", probe.released);
  count("muster_allocations_expired_total",
        "Ended by this machine when their time was over", probe.expired);
  count("muster_allocation_decisions_total", "Searches for places",
        probe.decisions);
  out.push_back({"muster_allocation_decision_seconds_total",
                 "Time that these searches took",
                 {},
                 true,
                 [this] {
                   return static_cast<double>(probe.decision_nanoseconds.load())
                          / 1e9;
                 }});
  auto gauge = [&](const char* name, const char* help, auto read) {
    out.push_back({name, help, {}, false, std::move(read)});
  };
  gauge("muster_inventory_machines_count",
        "Machines that this machine's allocator knows", [this] {
          return static_cast<double>(keeper.use([](known_cluster& known) {
            return known.resources.machines().table.count();
          }));
        });
  gauge("muster_inventory_devices_count", "Devices likewise", [this] {
    return static_cast<double>(keeper.use([](known_cluster& known) {
      return known.resources.devices().table.count();
    }));
  });
  gauge("muster_inventory_capacity_bytes",
        "Of the devices of started machines, as this machine knows them",
        [this] { return sum_of_devices(false); });
  gauge("muster_inventory_reserved_bytes", "What is reserved of that",
        [this] { return sum_of_devices(true); });
  node.publish_metrics(this, out);
}

} // namespace muster
