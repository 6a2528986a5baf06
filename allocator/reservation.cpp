// SPDX-License-Identifier: Apache-2.0
#include "allocator/reservation.hpp"

#include "allocator/record_keys.hpp"
#include "registry/key.hpp"

#include <algorithm>
#include <cassert>
#include <map>

namespace muster {

namespace {

/// Calls `f` with each counter's key and what a part takes from it.
template <class F>
void each_counter(const reserved_part& x, F f) {
  auto& machine = x.where.machine;
  auto add = [&](const counter_name& counter, uint64_t amount) {
    if (amount != 0)
      f(counter_key(machine, counter), static_cast<int64_t>(amount));
  };
  add({counter_kind::device, 0, x.where.device}, x.capacity_bytes);
  add({counter_kind::cores, 0, {}}, x.cores_permille);
  add({counter_kind::memory, 0, {}}, x.memory_bytes);
  for (auto gpu : x.where.gpus)
    add({counter_kind::gpu, gpu, {}}, x.gpu_share_permille);
}

/// Several parts may be on one machine, and a command writes a key once.
std::map<std::string, int64_t> sums_of(const std::vector<reserved_part>& xs) {
  std::map<std::string, int64_t> out;
  for (auto& x : xs)
    each_counter(x, [&](std::string key, int64_t amount) {
      out[std::move(key)] += amount;
    });
  return out;
}

operation add_to(const std::string& key, int64_t delta, int64_t floor) {
  operation out;
  out.kind = operation_kind::add;
  out.key = key;
  out.delta = delta;
  out.floor = floor;
  return out;
}

} // namespace

std::vector<reserved_part> parts_of(const qos& x,
                                    std::vector<placement> places) {
  std::vector<reserved_part> out;
  for (auto& where : places) {
    auto& part = out.emplace_back();
    part.where = std::move(where);
    part.capacity_bytes = x.capacity_bytes.value_or(0);
    part.cores_permille = x.cores_permille.value_or(0);
    part.memory_bytes = x.memory_bytes.value_or(0);
    part.gpu_share_permille = x.gpus ? gpu_share_of(x) : 0;
  }
  return out;
}

status check_allocation_id(std::string_view id) {
  if (id.empty() || id.size() > allocation_id_bytes_max
      || id.find('/') != std::string_view::npos || !check_key(claim_key(id)))
    return error{errc::invalid_argument,
                 "id: 1 to " + std::to_string(allocation_id_bytes_max)
                   + " bytes of UTF-8 without '/'"};
  return ok();
}

std::string claim_key(std::string_view allocation) {
  return "/allocations/" + std::string{allocation};
}

std::vector<allocation_record>
allocation_records(std::string_view allocation,
                   const std::vector<reserved_part>& parts, bool claimed) {
  std::map<machine_id, std::vector<reserved_part>> by_machine;
  for (auto& x : parts)
    by_machine[x.where.machine].push_back(x);
  std::vector<allocation_record> out;
  for (auto& [machine, own] : by_machine)
    out.push_back({allocation_key(machine, allocation), std::move(own)});
  if (claimed)
    out.push_back({claim_key(allocation), parts});
  return out;
}

command_plan plan_reservation(std::string_view allocation,
                              const std::vector<reserved_part>& parts,
                              bool claimed, const allocation_text& text) {
  assert(!parts.empty());
  command_plan out;
  for (auto& [key, amount] : sums_of(parts))
    out.operations.push_back(add_to(key, -amount, 0));
  for (auto& record : allocation_records(allocation, parts, claimed)) {
    out.guards.push_back({guard_kind::absent, record.key, {}, {}});
    operation put;
    put.key = record.key;
    put.value = text(record);
    out.operations.push_back(std::move(put));
  }
  assert(out.guards.size() + out.operations.size() <= command_parts_max);
  return out;
}

command_plan plan_release(std::string_view allocation,
                          const std::vector<reserved_part>& parts, bool claimed,
                          const std::vector<sequence>& versions) {
  command_plan out;
  // No floor: a machine that lost capacity may be below 0 before and after.
  for (auto& [key, amount] : sums_of(parts))
    out.operations.push_back(add_to(key, amount, INT64_MIN));
  auto records = allocation_records(allocation, parts, claimed);
  assert(records.size() == versions.size());
  for (size_t i = 0; i < records.size(); ++i) {
    out.guards.push_back(
      {guard_kind::version, records[i].key, versions[i], {}});
    operation erase;
    erase.kind = operation_kind::erase;
    erase.key = records[i].key;
    out.operations.push_back(std::move(erase));
  }
  return out;
}

reservation::reservation(std::string id, qos wanted, search_options how,
                         bool claimed)
  : id_(std::move(id)), wanted_(std::move(wanted)), how_(std::move(how)),
    claimed_(claimed) {
  assert(check_allocation_id(id_));
  assert(!how_.dry_run);
}

result<command_plan> reservation::attempt(selector& use, uint64_t random,
                                          const allocation_text& text) {
  if (attempts_ == reservation_attempts_max)
    return error{errc::refused, "other allocations were faster "
                                  + std::to_string(attempts_)
                                  + " times; nothing is reserved, try again"};
  how_.random = random;
  auto places = use.choose(wanted_, how_);
  if (!places && places.failure().code == errc::refused
      && !how_.avoid.empty()) {
    // They may have room again, and the inventory knows more by now.
    how_.avoid.clear();
    places = use.choose(wanted_, how_);
  }
  if (!places)
    return places.failure();
  ++attempts_;
  parts_ = parts_of(wanted_, std::move(*places));
  return plan_reservation(id_, parts_, claimed_, text);
}

reservation_step reservation::on_answer(std::optional<errc> x) {
  assert(attempts_ > 0);
  if (!x)
    return reservation_step::done;
  switch (*x) {
    case errc::refused:
    case errc::unavailable:
    case errc::overloaded:
      for (auto& part : parts_)
        how_.avoid.push_back({part.where.machine, part.where.device});
      return reservation_step::next;
    case errc::unknown:
    case errc::timed_out:
      return reservation_step::again;
    default:
      return reservation_step::stop;
  }
}

} // namespace muster
