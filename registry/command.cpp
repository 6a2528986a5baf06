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
std::string add(const operation& x, const record* found, evaluation& out) {
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
  out.effects.push_back(effect{x.key, std::to_string(after), false});
  out.counters.push_back(after);
  return {};
}

/// Checks one key of a command and that it is in `shard`, which the first one
/// sets.
status check_part(const std::string& key, size_t value_bytes,
                  uint32_t shard_count, bool first, shard_id& shard) {
  if (auto checked = check_key(key); !checked)
    return checked;
  if (value_bytes > value_bytes_max)
    return bad("the value of " + key + " has " + std::to_string(value_bytes)
               + " bytes, the limit is " + std::to_string(value_bytes_max));
  auto here = shard_of(key, shard_count);
  if (first)
    shard = here;
  else if (here != shard)
    return bad("the keys of a command must be in one shard: "
               + std::string{entity_group(key)} + " is in another");
  return ok();
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
  for (auto& op : x.operations)
    out += op.key.size() + op.value.size();
  for (auto& g : x.guards)
    out += g.key.size() + g.value.size();
  return out;
}

result<shard_id> check_command(const command& x, uint32_t shard_count) {
  auto parts = x.guards.size() + x.operations.size();
  if (x.operations.empty())
    return bad("a command needs at least one operation");
  if (parts > command_parts_max)
    return bad("a command has at most " + std::to_string(command_parts_max)
               + " operations and guards");
  if (x.id.value.empty() || x.id.value.size() > command_id_bytes_max)
    return bad("a command id has 1 to " + std::to_string(command_id_bytes_max)
               + " bytes");
  shard_id shard;
  bool first = true;
  std::set<std::string_view> written;
  for (auto& op : x.operations) {
    auto checked = check_part(op.key, op.value.size(), shard_count, first,
                              shard);
    if (!checked)
      return checked.failure();
    if (!written.insert(op.key).second)
      return bad("a command writes a key once: " + op.key);
    first = false;
  }
  for (auto& g : x.guards) {
    auto checked = check_part(g.key, g.value.size(), shard_count, false, shard);
    if (!checked)
      return checked.failure();
  }
  if (bytes_of(x) > command_bytes_max)
    return bad("a command has at most " + std::to_string(command_bytes_max)
               + " bytes");
  return shard;
}

uint32_t digest_of(const command& x) {
  if (!is_client_id(x.id))
    return 0;
  digest out;
  out.add_numbers(x.guards.size(), x.operations.size());
  for (auto& g : x.guards) {
    out.add_numbers(g.kind, g.version.value);
    out.add(g.key);
    out.add(g.value);
  }
  for (auto& op : x.operations) {
    out.add_numbers(op.kind, op.delta, op.floor, op.ceiling);
    out.add(op.key);
    out.add(op.value);
  }
  auto folded = static_cast<uint32_t>(out.sum ^ out.sum >> 32);
  return folded == 0 ? 1 : folded;
}

evaluation evaluate(const command& x, const record_source& state) {
  evaluation out;
  for (auto& g : x.guards) {
    auto found = state.find(g.key);
    if (!holds(g, found)) {
      out.refusal = refusal_of(g, found);
      return out;
    }
  }
  for (auto& op : x.operations) {
    switch (op.kind) {
      case operation_kind::put:
        out.effects.push_back(effect{op.key, op.value, false});
        break;
      case operation_kind::erase:
        out.effects.push_back(effect{op.key, {}, true});
        break;
      case operation_kind::add:
        out.refusal = add(op, state.find(op.key), out);
        if (!out.refusal.empty()) {
          out.effects.clear();
          out.counters.clear();
          return out;
        }
        break;
    }
  }
  return out;
}

} // namespace muster
