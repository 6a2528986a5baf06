// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/etcd_codec.hpp"

#include "runtime/coordinator/base64.hpp"

#include <nlohmann/json.hpp>

#include <charconv>

namespace muster::etcd {

namespace {

using nlohmann::json;

std::string dump(const json& x) {
  // A user name may hold any bytes; by default they would throw.
  return x.dump(-1, ' ', false, json::error_handler_t::replace);
}

/// An object, or nothing.
std::optional<json> parse(std::string_view text) {
  auto x = json::parse(text, nullptr, false);
  if (!x.is_object())
    return std::nullopt;
  return x;
}

const json* find(const json& object, const char* name) {
  if (!object.is_object())
    return nullptr;
  auto i = object.find(name);
  return i == object.end() ? nullptr : &*i;
}

/// A number, written as such or as a string; 0 if it is left out.
std::optional<int64_t> number(const json& object, const char* name) {
  auto field = find(object, name);
  if (field == nullptr)
    return 0;
  if (field->is_number_integer())
    return field->get<int64_t>();
  if (!field->is_string())
    return std::nullopt;
  auto& text = field->get_ref<const std::string&>();
  int64_t value = 0;
  auto end = text.data() + text.size();
  auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end)
    return std::nullopt;
  return value;
}

std::optional<std::string> bytes(const json& object, const char* name) {
  auto field = find(object, name);
  if (field == nullptr)
    return std::string{};
  if (!field->is_string())
    return std::nullopt;
  return base64_decode(field->get_ref<const std::string&>());
}

std::string text_of(const json& object, const char* name) {
  auto field = find(object, name);
  return field != nullptr && field->is_string() ? field->get<std::string>()
                                                : std::string{};
}

bool is_true(const json& object, const char* name) {
  auto field = find(object, name);
  return field != nullptr && field->is_boolean() && field->get<bool>();
}

/// The revision in the header that every answer has.
std::optional<uint64_t> revision(const json& answer) {
  auto header = find(answer, "header");
  if (header == nullptr)
    return std::nullopt;
  auto value = number(*header, "revision");
  if (!value || *value <= 0)
    return std::nullopt;
  return static_cast<uint64_t>(*value);
}

std::optional<coordinator_entry> entry(const json& kv) {
  auto key = bytes(kv, "key");
  auto value = bytes(kv, "value");
  auto modified = number(kv, "mod_revision");
  if (!key || key->empty() || !value || !modified || *modified <= 0)
    return std::nullopt;
  return coordinator_entry{std::move(*key), std::move(*value),
                           static_cast<uint64_t>(*modified)};
}

json key_range(std::string_view prefix) {
  // An empty prefix is every key; etcd has no empty key, but one zero byte is
  // the first.
  auto first = prefix.empty() ? std::string(1, '\0') : std::string{prefix};
  return {{"key", base64_encode(first)},
          {"range_end", base64_encode(end_of_prefix(prefix))}};
}

} // namespace

std::string end_of_prefix(std::string_view prefix) {
  std::string end{prefix};
  while (!end.empty() && static_cast<uint8_t>(end.back()) == 0xff)
    end.pop_back();
  if (end.empty())
    return std::string(1, '\0');
  ++end.back();
  return end;
}

std::string encode_range(std::string_view prefix) {
  auto request = key_range(prefix);
  request["serializable"] = false;
  request["sort_order"] = "ASCEND";
  return dump(request);
}

std::string encode_txn(const coordinator_txn& request, int64_t lease) {
  auto compares = json::array();
  for (auto& x : request.compares)
    compares.push_back({{"key", base64_encode(x.key)},
                        {"target", "MOD"},
                        {"result", "EQUAL"},
                        {"mod_revision", std::to_string(x.mod_revision)}});
  auto operations = json::array();
  for (auto& x : request.puts) {
    json put = {{"key", base64_encode(x.key)},
                {"value", base64_encode(x.value)}};
    if (x.bound_to_lease)
      put["lease"] = std::to_string(lease);
    operations.push_back({{"request_put", std::move(put)}});
  }
  for (auto& key : request.deletes)
    operations.push_back(
      {{"request_delete_range", {{"key", base64_encode(key)}}}});
  return dump({{"compare", compares}, {"success", operations}});
}

std::string encode_grant(int64_t ttl_seconds) {
  return dump({{"TTL", std::to_string(ttl_seconds)}});
}

std::string encode_keep_alive(int64_t lease) {
  return dump({{"ID", std::to_string(lease)}});
}

std::string encode_watch(std::string_view prefix) {
  return dump({{"create_request", key_range(prefix)}});
}

std::string encode_login(std::string_view user, std::string_view password) {
  return dump({{"name", user}, {"password", password}});
}

std::optional<coordinator_range> decode_range(std::string_view text) {
  auto answer = parse(text);
  auto seen = answer ? revision(*answer) : std::nullopt;
  if (!seen)
    return std::nullopt;
  coordinator_range range;
  range.revision = *seen;
  auto kvs = find(*answer, "kvs");
  if (kvs == nullptr)
    return range;
  for (auto& kv : *kvs) {
    auto found = entry(kv);
    if (!found)
      return std::nullopt;
    range.entries.push_back(std::move(*found));
  }
  return range;
}

std::optional<coordinator_txn_answer> decode_txn(std::string_view text) {
  auto answer = parse(text);
  auto seen = answer ? revision(*answer) : std::nullopt;
  if (!seen)
    return std::nullopt;
  return coordinator_txn_answer{is_true(*answer, "succeeded"), *seen};
}

std::optional<int64_t> decode_grant(std::string_view text) {
  auto answer = parse(text);
  auto id = answer ? number(*answer, "ID") : std::nullopt;
  if (!id || *id == 0)
    return std::nullopt;
  return id;
}

std::optional<int64_t> decode_keep_alive(std::string_view text) {
  auto answer = parse(text);
  auto inner = answer ? find(*answer, "result") : nullptr;
  // Without its header it is no answer, and a missing TTL would mean nothing.
  if (inner == nullptr || !revision(*inner))
    return std::nullopt;
  return number(*inner, "TTL");
}

std::optional<std::string> decode_login(std::string_view text) {
  auto answer = parse(text);
  auto token = answer ? text_of(*answer, "token") : std::string{};
  if (token.empty())
    return std::nullopt;
  return token;
}

watch_line decode_watch(std::string_view line) {
  auto answer = parse(line);
  auto inner = answer ? find(*answer, "result") : nullptr;
  if (inner == nullptr)
    return watch_line::ended;
  // A watch that is refused is created and cancelled in one line, which comes
  // with HTTP status 200.
  if (is_true(*inner, "canceled")) {
    auto why = text_of(*inner, "cancel_reason");
    return why.find("auth token") != std::string::npos ? watch_line::log_in
                                                       : watch_line::ended;
  }
  if (is_true(*inner, "created"))
    return watch_line::created;
  auto events = find(*inner, "events");
  return events != nullptr && !events->empty() ? watch_line::changed
                                               : watch_line::other;
}

} // namespace muster::etcd
