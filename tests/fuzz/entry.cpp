// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/entry_format.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

#define XXH_INLINE_ALL
#include <xxhash.h>

// Bytes of a log entry: as they are, and as a body with the right header, as a
// defect of a writer would leave them.

namespace muster::fuzz {

namespace {

constexpr size_t header_bytes = 13;

/// Puts the right header before `body`; it is that of a real entry otherwise.
std::string seal(std::string_view body) {
  auto out = entry_format{}.encode({}).substr(0, header_bytes);
  auto put = [&out](size_t at, uint64_t x, size_t bytes) {
    for (size_t i = 0; i < bytes; ++i)
      out[at + i] = static_cast<char>(x >> (8 * (bytes - 1 - i)));
  };
  put(1, body.size(), 4);
  put(5, XXH3_64bits(body.data(), body.size()), 8);
  return out.append(body);
}

bool decode(std::string_view bytes) {
  const entry_format format;
  auto found = format.decode(bytes);
  if (!found)
    return false;
  auto again = format.encode(*found);
  auto second = format.decode(again);
  require(static_cast<bool>(second), "what was decoded can be encoded");
  require(format.encode(*second) == again, "encoding keeps it all");
  return true;
}

} // namespace

bool run(std::string_view input) {
  auto plain = decode(input);
  return decode(seal(input)) || plain;
}

std::vector<std::string> seeds() {
  log_entry x;
  x.of = term{3};
  x.at = sequence{4};
  x.id = command_id{"=id"};
  x.origin = {machine_id{"m1"}, incarnation{2}};
  x.operations.push_back({operation_kind::add, "/a", "", 1, 0, 2});
  x.effects = {{"/a", "1", false, false, {}}, {"/b", "", true, false, {}}};
  x.counters = {1, -1};
  x.replicas = {machine_id{"m1"}, machine_id{"m2"}};
  x.participants.emplace_back();
  x.detail = "why";
  const entry_format format;
  auto full = format.encode(x);
  auto empty = format.encode({});
  return {full, empty, full.substr(header_bytes), empty.substr(header_bytes)};
}

} // namespace muster::fuzz
