// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/hello.hpp"

#include "runtime/outbox/batch.hpp"

#include <cassert>

namespace muster {

namespace {

constexpr std::string_view magic = "MSTR";
constexpr size_t fixed_bytes = 43;
/// Of the two ranges in a refusal.
constexpr size_t version_bytes = 6;

void append_short(std::string& out, const std::string& x) {
  assert(x.size() <= 255);
  out.push_back(static_cast<char>(x.size()));
  out.append(x);
}

/// Takes a string with its length in front from `bytes`.
std::optional<std::string> take_short(std::string_view& bytes) {
  if (bytes.empty())
    return std::nullopt;
  auto size = static_cast<size_t>(load_le(bytes.data(), 1));
  if (bytes.size() - 1 < size)
    return std::nullopt;
  std::string x{bytes.substr(1, size)};
  bytes.remove_prefix(1 + size);
  return x;
}

void store_range(const version_range& x, char* newest, char* older) {
  assert(x.oldest <= x.newest && x.newest - x.oldest <= 255);
  store_le(newest, x.newest, 2);
  store_le(older, static_cast<uint64_t>(x.newest - x.oldest), 1);
}

/// Version 0 does not exist.
bool load_range(const char* newest, const char* older, version_range& to) {
  to.newest = static_cast<uint16_t>(load_le(newest, 2));
  auto count = load_le(older, 1);
  if (count >= to.newest)
    return false;
  to.oldest = static_cast<uint16_t>(to.newest - count);
  return true;
}

} // namespace

std::string encode(const hello& x) {
  std::string out(fixed_bytes, '\0');
  magic.copy(out.data(), magic.size());
  store_range(x.versions.wire, &out[4], &out[7]);
  store_le(&out[6], static_cast<uint8_t>(x.on), 1);
  store_le(&out[8], x.options_hash, 8);
  store_le(&out[16], x.from.run.value, 8);
  store_le(&out[24], x.number, 8);
  store_le(&out[32], x.credit_bytes, 8);
  store_range(x.versions.format, &out[40], &out[42]);
  append_short(out, x.cluster_id);
  append_short(out, x.from.id.value);
  assert(out.size() <= hello_bytes_max);
  return out;
}

std::optional<hello> decode_hello(std::string_view bytes) {
  if (bytes.size() < fixed_bytes || !bytes.starts_with(magic))
    return std::nullopt;
  auto number = [&](size_t at, size_t size) {
    return load_le(bytes.data() + at, size);
  };
  hello x;
  auto* first = bytes.data();
  if (number(6, 1) > 1 || !load_range(first + 4, first + 7, x.versions.wire)
      || !load_range(first + 40, first + 42, x.versions.format))
    return std::nullopt;
  x.on = static_cast<lane>(number(6, 1));
  x.options_hash = number(8, 8);
  x.from.run = incarnation{number(16, 8)};
  x.number = number(24, 8);
  x.credit_bytes = number(32, 8);
  auto rest = bytes.substr(fixed_bytes);
  auto cluster = take_short(rest);
  auto machine = take_short(rest);
  auto newer = x.versions.wire.newest > wire_versions.newest;
  if (!cluster || !machine || (!rest.empty() && !newer))
    return std::nullopt;
  x.cluster_id = std::move(*cluster);
  x.from.id = machine_id{std::move(*machine)};
  return x;
}

const char* to_string(refusal x) {
  switch (x) {
    case refusal::version:
      return "version";
    case refusal::cluster:
      return "cluster";
    case refusal::cluster_options:
      return "cluster_options";
    case refusal::identity:
      return "identity";
    case refusal::not_registered:
      return "not_registered";
    case refusal::old_incarnation:
      return "old_incarnation";
    case refusal::old_connection:
      return "old_connection";
  }
  return "invalid";
}

std::string encode(refusal why, const machine_versions& own) {
  std::string out(1, static_cast<char>(why));
  if (why != refusal::version)
    return out;
  out.resize(1 + version_bytes);
  store_range(own.wire, &out[1], &out[3]);
  store_range(own.format, &out[4], &out[6]);
  return out;
}

std::optional<received_refusal> decode_refusal(std::string_view bytes) {
  if (bytes.empty())
    return std::nullopt;
  auto first = static_cast<uint8_t>(refusal::version);
  auto last = static_cast<uint8_t>(refusal::old_connection);
  auto x = static_cast<uint8_t>(bytes[0]);
  if (x < first || x > last)
    return std::nullopt;
  received_refusal out{static_cast<refusal>(x), {}};
  auto is_version = out.why == refusal::version;
  if (bytes.size() != 1 + (is_version ? version_bytes : 0))
    return std::nullopt;
  auto* at = bytes.data();
  if (is_version
      && (!load_range(at + 1, at + 3, out.versions.wire)
          || !load_range(at + 4, at + 6, out.versions.format)))
    return std::nullopt;
  return out;
}

} // namespace muster
