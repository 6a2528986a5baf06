// SPDX-License-Identifier: Apache-2.0
#include "tests/checker/history.hpp"

#include <charconv>

namespace muster::sim {

namespace {

const char* name_of(operation_kind x) {
  switch (x) {
    case operation_kind::read:
      return "read";
    case operation_kind::write:
      return "write";
    case operation_kind::cas:
      return "cas";
    case operation_kind::erase:
      return "delete";
    case operation_kind::add:
      return "add";
    case operation_kind::list:
      return "list";
  }
  return "?";
}

const char* name_of(answer x) {
  switch (x) {
    case answer::ok:
      return "ok";
    case answer::refused:
      return "refused";
    case answer::unknown:
      return "unknown";
    case answer::failed:
      return "failed";
  }
  return "?";
}

std::optional<int64_t> counter_of(const record_value& x) {
  if (!x)
    return 0;
  int64_t number = 0;
  auto last = x->data() + x->size();
  auto [end, code] = std::from_chars(x->data(), last, number);
  if (code != std::errc{} || end != last)
    return std::nullopt;
  return number;
}

std::string shown(const record_value& x) {
  constexpr size_t shown_bytes_max = 24;
  if (!x)
    return "absent";
  if (x->size() <= shown_bytes_max)
    return "'" + *x + "'";
  return "'" + x->substr(0, shown_bytes_max) + "...'";
}

std::string guard_text(const guard& x) {
  switch (x.on) {
    case guard::kind::none:
      return "";
    case guard::kind::version:
      return " if version " + std::to_string(x.version);
    case guard::kind::value:
      return " if " + shown(x.value);
    case guard::kind::absent:
      return " if absent";
  }
  return "";
}

} // namespace

bool covers(const std::string& prefix, const std::string& key) {
  if (prefix == "/")
    return true;
  return key.starts_with(prefix)
         && (key.size() == prefix.size() || key[prefix.size()] == '/');
}

bool guard_holds(const guard& x, const record_value& value, uint64_t version) {
  switch (x.on) {
    case guard::kind::none:
      return true;
    case guard::kind::version:
      return x.version == 0 ? !value : value && version == x.version;
    case guard::kind::value:
      return value == x.value;
    case guard::kind::absent:
      return !value;
  }
  return false;
}

std::optional<record_value> effect(const operation& x,
                                   const record_value& before) {
  if (x.kind == operation_kind::erase)
    return record_value{};
  if (x.kind != operation_kind::add)
    return x.written;
  auto counter = counter_of(before);
  int64_t sum = 0;
  if (!counter || __builtin_add_overflow(*counter, x.delta, &sum)
      || sum < x.floor || sum > x.ceiling)
    return std::nullopt;
  return record_value{std::to_string(sum)};
}

std::string describe(const operation& x) {
  auto text = x.client + ": " + name_of(x.kind) + " " + x.key;
  if (x.kind == operation_kind::add)
    text += " by " + std::to_string(x.delta);
  else if (x.written)
    text += " " + shown(x.written);
  text += guard_text(x.demanded);
  text += std::string{" -> "} + name_of(x.outcome);
  if (x.outcome == answer::ok
      && (x.kind == operation_kind::read || x.kind == operation_kind::add))
    text += " " + shown(x.seen);
  if (x.version)
    text += " version " + std::to_string(*x.version);
  text += " [" + std::to_string(x.call_ns) + " .. ";
  text += x.outcome == answer::unknown ? "" : std::to_string(x.return_ns);
  text += "]";
  if (!x.served_from.empty())
    text += " from " + x.served_from;
  return text;
}

} // namespace muster::sim
