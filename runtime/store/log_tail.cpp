// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/log_tail.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

namespace muster {

namespace fs = std::filesystem;

namespace {

constexpr size_t block_bytes = 32768;
constexpr size_t header_bytes = 7;
constexpr size_t sector_bytes = 512;
/// A shorter run of zeros may be data.
constexpr size_t zero_run_bytes = 16;

constexpr auto crc_table = [] {
  std::array<uint32_t, 256> table{};
  for (auto i = uint32_t{0}; i < 256; ++i) {
    auto crc = i;
    for (auto bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
    table[i] = crc;
  }
  return table;
}();

uint32_t extend(uint32_t crc, char byte) {
  return crc_table[(crc ^ static_cast<unsigned char>(byte)) & 0xff]
         ^ (crc >> 8);
}

uint32_t masked(uint32_t inverted_crc) {
  auto crc = ~inverted_crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

bool all_zero(std::string_view x) {
  return x.find_first_not_of('\0') == std::string_view::npos;
}

/// One fragment as its header describes it.
struct fragment {
  enum type : uint8_t { none = 0, full = 1, first = 2, middle = 3, last = 4 };

  uint32_t crc = 0;
  size_t size = 0;
  uint8_t kind = none;
};

fragment header_at(std::string_view file, size_t at) {
  fragment result;
  auto length = uint16_t{0};
  std::memcpy(&result.crc, file.data() + at, 4);
  std::memcpy(&length, file.data() + at + 4, 2);
  result.size = length;
  result.kind = static_cast<uint8_t>(file[at + 6]);
  return result;
}

size_t block_end(size_t at) {
  return (at / block_bytes + 1) * block_bytes;
}

/// The size at which the checksum of the fragment at `at` holds, if any: with
/// another size than the header's, the header was damaged and not the data.
/// @returns false if none holds
bool holds_at_some_size(std::string_view file, size_t at) {
  auto wanted = header_at(file, at).crc;
  auto crc = extend(~0u, file[at + 6]);
  auto end = std::min(file.size(), block_end(at));
  for (auto i = at + header_bytes; i < end; ++i) {
    if (masked(crc) == wanted)
      return true;
    crc = extend(crc, file[i]);
  }
  return masked(crc) == wanted;
}

bool holds(std::string_view file, size_t at) {
  auto head = header_at(file, at);
  auto end = at + header_bytes + head.size;
  if (head.kind < fragment::full || head.kind > fragment::last
      || end > std::min(file.size(), block_end(at)))
    return false;
  auto crc = ~0u;
  for (auto c : file.substr(at + 6, head.size + 1))
    crc = extend(crc, c);
  return masked(crc) == head.crc;
}

/// Whether a record begins and holds anywhere after `at`. Lengths cannot be
/// trusted there, so every byte of the same block may begin one.
bool record_begins_after(std::string_view file, size_t at) {
  for (auto i = at + 1; i + header_bytes <= file.size(); ++i) {
    auto kind = file[i + 6];
    if ((kind == fragment::full || kind == fragment::first)
        && block_end(i) - i >= header_bytes && holds(file, i))
      return true;
  }
  return false;
}

/// Whether a piece of [begin, end) that lies in one sector is all zero.
bool lacks_sector(std::string_view file, size_t begin, size_t end) {
  while (begin < end) {
    auto next = std::min(end, (begin / sector_bytes + 1) * sector_bytes);
    if (next - begin >= zero_run_bytes
        && all_zero(file.substr(begin, next - begin)))
      return true;
    begin = next;
  }
  return false;
}

/// The fragment at `at` does not hold; the record begins at `start`.
log_verdict judge_bad(std::string_view file, size_t start, size_t at) {
  const log_verdict torn{log_verdict::kind::torn, start};
  const log_verdict damaged{log_verdict::kind::damaged, start};
  if (record_begins_after(file, at))
    return damaged;
  if (file.size() - at < header_bytes)
    return torn;
  if (holds_at_some_size(file, at))
    return damaged;
  auto end = at + header_bytes + header_at(file, at).size;
  if (end > file.size() && end <= block_end(at))
    return torn;
  end = std::min({end, block_end(at), file.size()});
  return lacks_sector(file, at, end) ? torn : damaged;
}

} // namespace

log_verdict judge_log(std::string_view file) {
  auto at = size_t{0};
  auto start = size_t{0};
  auto within = false;
  while (at < file.size()) {
    if (block_end(at) - at < header_bytes) {
      at = block_end(at);
      continue;
    }
    if (!within)
      start = at;
    if (all_zero(file.substr(at, header_bytes))) {
      if (all_zero(file.substr(at)))
        break;
      return judge_bad(file, start, at);
    }
    if (file.size() - at < header_bytes || !holds(file, at))
      return judge_bad(file, start, at);
    auto head = header_at(file, at);
    auto begins = head.kind == fragment::full || head.kind == fragment::first;
    if (begins == within)
      return {log_verdict::kind::damaged, start};
    within = head.kind == fragment::first || head.kind == fragment::middle;
    at += header_bytes + head.size;
  }
  if (within)
    return {log_verdict::kind::torn, start};
  return {log_verdict::kind::whole, std::min(at, file.size())};
}

namespace {

result<std::map<uint64_t, fs::path>> logs_of(const std::string& directory) {
  std::map<uint64_t, fs::path> logs;
  auto code = std::error_code{};
  for (auto& entry : fs::directory_iterator(directory, code)) {
    auto name = entry.path().filename().string();
    auto number = uint64_t{0};
    auto [end, failed] = std::from_chars(name.data(), name.data() + name.size(),
                                         number);
    if (failed == std::errc{} && std::string_view{end} == ".log")
      logs.emplace(number, entry.path());
  }
  if (code)
    return error{errc::io, "store " + directory + ": " + code.message()};
  return logs;
}

status mend(const fs::path& path, bool newest) {
  std::ifstream in{path, std::ios::binary};
  std::string file{std::istreambuf_iterator<char>{in}, {}};
  if (!in)
    return error{errc::io, "cannot read " + path.string()};
  auto verdict = judge_log(file);
  if (verdict.what == log_verdict::kind::whole)
    return ok();
  auto where = path.string() + ", offset " + std::to_string(verdict.at);
  if (verdict.what == log_verdict::kind::damaged || !newest)
    return error{errc::corrupt, where + ": a record is damaged"};
  auto code = std::error_code{};
  fs::resize_file(path, verdict.at, code);
  if (code)
    return error{errc::io,
                 where + ": cannot cut the torn tail: " + code.message()};
  return ok();
}

} // namespace

status mend_log_tails(const std::string& directory) {
  auto logs = logs_of(directory);
  if (!logs)
    return logs.failure();
  for (auto& [number, path] : *logs)
    if (auto done = mend(path, number == logs->rbegin()->first); !done)
      return done;
  return ok();
}

} // namespace muster
