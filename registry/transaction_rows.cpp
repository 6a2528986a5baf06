// SPDX-License-Identifier: Apache-2.0
#include "registry/transaction_rows.hpp"

#include "registry/row_numbers.hpp"

namespace muster {

namespace {

void put_head(std::string& out, const attempt_name& name,
              const std::vector<shard_id>& others) {
  put_number(out, name.decider.value, 4);
  put_number(out, name.of.value);
  put_number(out, name.at.value);
  put_number(out, others.size(), 2);
  for (auto shard : others)
    put_number(out, shard.value, 4);
}

/// @param each  reads one more; false: it is malformed
template <class Each>
bool get_list(std::string_view& in, Each each) {
  uint64_t count = 0;
  if (!get_number(in, count, 2) || count > command_parts_max)
    return false;
  for (; count > 0; --count)
    if (!each())
      return false;
  return true;
}

bool get_head(std::string_view& in, attempt_name& name,
              std::vector<shard_id>& others) {
  uint64_t shard = 0;
  uint64_t of = 0;
  uint64_t at = 0;
  if (!get_number(in, shard, 4) || !get_number(in, of) || !get_number(in, at))
    return false;
  name = {shard_id{static_cast<uint32_t>(shard)}, term{of}, sequence{at}};
  return get_list(in, [&] {
    uint64_t other = 0;
    if (!get_number(in, other, 4))
      return false;
    others.push_back(shard_id{static_cast<uint32_t>(other)});
    return true;
  });
}

void put_plan(std::string& out, const plan& x) {
  put_text(out, x.refusal);
  put_number(out, x.effects.size(), 2);
  for (auto& e : x.effects) {
    put_text(out, e.key);
    put_text(out, e.value);
    put_number(out, e.erased ? 1 : 0, 1);
  }
  put_number(out, x.counters.size(), 2);
  for (auto counter : x.counters)
    put_number(out, static_cast<uint64_t>(counter));
}

bool get_bit(std::string_view& in, bool& out) {
  uint64_t x = 0;
  if (!get_number(in, x, 1) || x > 1)
    return false;
  out = x == 1;
  return true;
}

bool get_plan(std::string_view& in, plan& out) {
  auto written = [&] {
    auto& e = out.effects.emplace_back();
    return get_text(in, e.key) && get_text(in, e.value)
           && get_bit(in, e.erased);
  };
  auto counter = [&] {
    uint64_t x = 0;
    if (!get_number(in, x))
      return false;
    out.counters.push_back(static_cast<int64_t>(x));
    return true;
  };
  return get_text(in, out.refusal) && get_list(in, written)
         && get_list(in, counter);
}

} // namespace

std::string row_of(const prepared_part& x) {
  std::string out;
  put_head(out, x.attempt, x.others);
  put_number(out, x.at.value);
  put_number(out, x.keys.size(), 2);
  for (auto& key : x.keys)
    put_text(out, key);
  put_number(out, x.what.holds ? 1 : 0, 1);
  put_plan(out, x.what.operations);
  put_plan(out, x.what.otherwise);
  return out;
}

std::string row_of(const open_decision& x) {
  std::string out;
  put_head(out, x.attempt, x.others);
  put_number(out, x.otherwise ? 1 : 0, 1);
  return out;
}

bool parse_row(std::string_view in, prepared_part& out) {
  out = prepared_part{};
  uint64_t at = 0;
  if (!get_head(in, out.attempt, out.others) || !get_number(in, at))
    return false;
  out.at = sequence{at};
  auto key = [&] { return get_text(in, out.keys.emplace_back()); };
  return get_list(in, key) && get_bit(in, out.what.holds)
         && get_plan(in, out.what.operations)
         && get_plan(in, out.what.otherwise) && in.empty();
}

bool parse_row(std::string_view in, open_decision& out) {
  out = open_decision{};
  return get_head(in, out.attempt, out.others) && get_bit(in, out.otherwise)
         && in.empty();
}

} // namespace muster
