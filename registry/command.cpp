// SPDX-License-Identifier: Apache-2.0
#include "registry/command.hpp"

#include "registry/key.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <charconv>
#include <set>

namespace muster {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// @returns false if `text` is not a signed 64-bit decimal number
bool parse_counter(const std::string& text, int64_t& out) {
  auto last = text.data() + text.size();
  auto [end, ec] = std::from_chars(text.data(), last, out);
  return ec == std::errc{} && end == last;
}

/// Chains hashes, each the seed of the next. Parts of one length each, or known
/// by what came before, need no mark between them; XXH3 covers the length.
struct digest {
  uint64_t sum = 0;

  void add(std::string_view x) {
    sum = XXH3_64bits_withSeed(x.data(), x.size(), sum);
  }

  template <class... Numbers>
  void add_numbers(Numbers... x) {
    const uint64_t all[] = {static_cast<uint64_t>(x)...};
    sum = XXH3_64bits_withSeed(all, sizeof(all), sum);
  }
};

std::string refusal_of(const guard& x, const record* found) {
  auto text = "guard on " + x.key + ": ";
  auto has = found ? "version " + std::to_string(found->version.value)
                   : std::string{"absent"};
  switch (x.kind) {
    case guard_kind::version:
      return text + "expected version " + std::to_string(x.version.value)
             + ", found " + has;
    case guard_kind::value:
      return text + "another value, found " + has;
    case guard_kind::absent:
      return text + "expected absent, found " + has;
  }
  return text;
}

bool holds(const guard& x, const record* found) {
  switch (x.kind) {
    case guard_kind::version:
      return x.version == (found ? found->version : sequence{0});
    case guard_kind::value:
      return found && found->value == x.value;
    case guard_kind::absent:
      return found == nullptr;
  }
  return false;
}

/// Applies an `add`. @returns a refusal, or nothing
std::string add(const operation& x, const record* found, plan& out) {
  int64_t before = 0;
  if (found && !parse_counter(found->value, before))
    return "add on " + x.key + ": the record is not a counter";
  int64_t after = 0;
  if (__builtin_add_overflow(before, x.delta, &after))
    return "add on " + x.key + ": 64-bit overflow";
  if (after < x.floor)
    return "add on " + x.key + ": " + std::to_string(after)
           + " is below the floor " + std::to_string(x.floor);
  if (after > x.ceiling)
    return "add on " + x.key + ": " + std::to_string(after)
           + " is above the ceiling " + std::to_string(x.ceiling);
  out.effects.push_back({x.key, std::to_string(after), false, false, {}});
  out.counters.push_back(after);
  return {};
}

/// The shards of a command's keys.
struct shard_span {
  shard_id lowest{UINT32_MAX};
  shard_id highest;
};

/// Checks one key of a command and widens `span` by its shard.
status check_one(const std::string& key, size_t value_bytes,
                 uint32_t shard_count, shard_span& span) {
  if (auto checked = check_key(key); !checked)
    return checked;
  if (value_bytes > value_bytes_max)
    return bad("the value of " + key + " has " + std::to_string(value_bytes)
               + " bytes, the limit is " + std::to_string(value_bytes_max));
  auto shard = shard_of(key, shard_count);
  span.lowest = std::min(span.lowest, shard);
  span.highest = std::max(span.highest, shard);
  return ok();
}

status check_operations(const std::vector<operation>& xs, uint32_t shard_count,
                        shard_span& span) {
  std::set<std::string_view> written;
  for (auto& op : xs) {
    if (auto checked = check_one(op.key, op.value.size(), shard_count, span);
        !checked)
      return checked;
    if (!written.insert(op.key).second)
      return bad("a command writes a key once: " + op.key);
  }
  return ok();
}

result<shard_span> check_all(const command& x, uint32_t shard_count) {
  auto parts = x.guards.size() + x.operations.size() + x.otherwise.size();
  if (parts > command_parts_max)
    return bad("a command has at most " + std::to_string(command_parts_max)
               + " operations and guards");
  if (x.id.value.empty() || x.id.value.size() > command_id_bytes_max)
    return bad("a command id has 1 to " + std::to_string(command_id_bytes_max)
               + " bytes");
  shard_span out;
  for (auto branch : {&x.operations, &x.otherwise})
    if (auto checked = check_operations(*branch, shard_count, out); !checked)
      return checked.failure();
  for (auto& g : x.guards) {
    auto checked = check_one(g.key, g.value.size(), shard_count, out);
    if (!checked)
      return checked.failure();
  }
  if (bytes_of(x) > command_bytes_max)
    return bad("a command has at most " + std::to_string(command_bytes_max)
               + " bytes");
  return out;
}

} // namespace

bool is_client_id(const command_id& x) {
  return x.value.starts_with('=');
}

machine_id origin_of(const command_id& x) {
  if (is_client_id(x))
    return {};
  auto end = x.value.rfind('.');
  if (end == std::string::npos || end == 0)
    return {};
  end = x.value.rfind('.', end - 1);
  return end == std::string::npos ? machine_id{}
                                  : machine_id{x.value.substr(0, end)};
}

size_t bytes_of(const command& x) {
  size_t out = 0;
  for (auto branch : {&x.operations, &x.otherwise})
    for (auto& op : *branch)
      out += op.key.size() + op.value.size();
  for (auto& g : x.guards)
    out += g.key.size() + g.value.size();
  return out;
}

std::vector<operation> without_values(std::vector<operation> xs) {
  for (auto& op : xs)
    op.value.clear();
  return xs;
}

result<shard_id> check_command(const command& x, uint32_t shard_count) {
  if (x.operations.empty() && x.otherwise.empty())
    return bad("a command needs at least one operation");
  if (x.guards.empty() && !x.otherwise.empty())
    return bad("without guards nothing leads to the other operations");
  auto span = check_all(x, shard_count);
  if (!span)
    return span.failure();
  return span->lowest;
}

status check_part(const command& x, shard_id shard, uint32_t shard_count) {
  auto span = check_all(x, shard_count);
  if (!span)
    return span.failure();
  if (span->lowest != shard || span->highest != shard)
    return bad("a key of another shard");
  return ok();
}

uint32_t digest_of(const command& x) {
  if (!is_client_id(x.id))
    return 0;
  digest out;
  out.add_numbers(x.guards.size(), x.operations.size(), x.otherwise.size());
  for (auto& g : x.guards) {
    out.add_numbers(g.kind, g.version.value);
    out.add(g.key);
    out.add(g.value);
  }
  for (auto branch : {&x.operations, &x.otherwise})
    for (auto& op : *branch) {
      out.add_numbers(op.kind, op.delta, op.floor, op.ceiling);
      out.add(op.key);
      out.add(op.value);
    }
  auto folded = static_cast<uint32_t>(out.sum ^ out.sum >> 32);
  return folded == 0 ? 1 : folded;
}

std::string failed_guard(const command& x, const record_source& state) {
  for (auto& g : x.guards) {
    auto found = state.find(g.key);
    if (!holds(g, found))
      return refusal_of(g, found);
  }
  return {};
}

plan plan_of(const std::vector<operation>& xs, const record_source& state) {
  plan out;
  for (auto& op : xs) {
    switch (op.kind) {
      case operation_kind::put:
        out.effects.push_back({op.key, op.value, false, false, {}});
        break;
      case operation_kind::erase:
        out.effects.push_back({op.key, {}, true, false, {}});
        break;
      case operation_kind::add:
        auto refusal = add(op, state.find(op.key), out);
        if (!refusal.empty())
          return {std::move(refusal), {}, {}};
        break;
    }
  }
  return out;
}

evaluation evaluate(const command& x, const record_source& state) {
  auto failed = failed_guard(x, state);
  if (failed.empty())
    return {plan_of(x.operations, state), false};
  if (x.otherwise.empty())
    return {{std::move(failed), {}, {}}, false};
  return {plan_of(x.otherwise, state), true};
}

} // namespace muster
