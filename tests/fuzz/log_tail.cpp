// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/log_tail.hpp"

#include "tests/fuzz/target.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>

// A log file of LevelDB. The first byte says what is done: 0 the rest is the
// file; 1 the rest are records of a whole log, which is cut somewhere; 2 a bit
// of it is flipped.

namespace muster::fuzz {

namespace {

constexpr size_t block_bytes = 32768;
constexpr size_t header_bytes = 7;

uint32_t masked_crc(std::string_view bytes) {
  auto crc = ~0u;
  for (auto c : bytes) {
    crc ^= static_cast<unsigned char>(c);
    for (auto bit = 0; bit < 8; ++bit)
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82f63b78u : 0u);
  }
  crc = ~crc;
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

/// A log as LevelDB writes it, and where each record ends.
struct log_file {
  std::string bytes;
  std::vector<size_t> ends;

  void add(std::string_view record) {
    auto first = true;
    do {
      auto left = block_bytes - bytes.size() % block_bytes;
      if (left < header_bytes) {
        bytes.append(left, '\0');
        left = block_bytes;
      }
      auto piece = take(record, left - header_bytes);
      auto last = record.empty();
      add_fragment(first ? (last ? 1 : 2) : (last ? 4 : 3), piece);
      first = false;
    } while (!record.empty());
    ends.push_back(bytes.size());
  }

private:
  void add_fragment(char kind, std::string_view data) {
    auto checked = std::string(1, kind).append(data);
    auto crc = masked_crc(checked);
    auto size = static_cast<uint16_t>(data.size());
    char header[6];
    std::memcpy(header, &crc, 4);
    std::memcpy(header + 4, &size, 2);
    bytes.append(header, sizeof header).append(checked);
  }
};

/// Records of up to 250 times 255 bytes; `place` is a fraction of 65536.
log_file read_records(std::string_view& input, size_t& place) {
  place = take_byte(input);
  place = place << 8 | take_byte(input);
  log_file out;
  while (!input.empty() && out.ends.size() < 8) {
    auto times = 1 + take_byte(input) % 250u;
    std::string record;
    for (auto part = take(input, take_byte(input)); times > 0; --times)
      record.append(part);
    out.add(record);
  }
  return out;
}

/// Whether the data of a record that begins at `start` looks like a record, as
/// somebody may have made a value so: a cut cannot be told from damage then.
bool holds_record(std::string_view file, size_t start) {
  for (auto i = start + 1; i + header_bytes <= file.size(); ++i) {
    auto kind = file[i + 6];
    uint32_t crc = 0;
    uint16_t size = 0;
    std::memcpy(&crc, file.data() + i, 4);
    std::memcpy(&size, file.data() + i + 4, 2);
    if ((kind == 1 || kind == 2) && size <= file.size() - i - header_bytes
        && masked_crc(file.substr(i + 6, size + size_t{1})) == crc)
      return true;
  }
  return false;
}

void check_cut(const log_file& file, size_t at) {
  auto bytes = std::string_view{file.bytes}.substr(0, at);
  auto verdict = judge_log(bytes);
  require(verdict.what != log_verdict::kind::damaged
            || holds_record(bytes, verdict.at),
          "a cut is no damage");
  auto kept = size_t{0};
  for (auto end : file.ends)
    if (end <= at)
      kept = end;
  require(verdict.at >= kept, "whole records are kept");
  require(verdict.at <= at, "a verdict lies within the file");
}

void check_flip(log_file file, size_t at) {
  file.bytes[at / 8] = static_cast<char>(file.bytes[at / 8] ^ (1 << at % 8));
  auto verdict = judge_log(file.bytes);
  // A file that ends within padding has nothing there to protect.
  require(verdict.what != log_verdict::kind::whole
            || verdict.at <= file.bytes.size(),
          "a verdict lies within the file");
}

} // namespace

bool run(std::string_view input) {
  auto how = take_byte(input) % 3;
  if (how == 0) {
    auto verdict = judge_log(input);
    require(verdict.at <= input.size(), "a verdict lies within the file");
    auto kept = judge_log(input.substr(0, verdict.at));
    require(verdict.what != log_verdict::kind::torn
              || kept.what == log_verdict::kind::whole,
            "a log is whole once its tail is cut");
    return verdict.what == log_verdict::kind::whole;
  }
  size_t place = 0;
  auto file = read_records(input, place);
  if (file.bytes.empty())
    return false;
  require(judge_log(file.bytes).what == log_verdict::kind::whole,
          "a log is whole");
  if (how == 1)
    check_cut(file, place * file.bytes.size() >> 16);
  else
    check_flip(file, place * file.bytes.size() * 8 >> 16);
  return true;
}

std::vector<std::string> seeds() {
  log_file file;
  file.add("one");
  file.add(std::string(40000, 'x'));
  std::string records{"\x01\x80\x00\x00\x03", 5};
  records += std::string{"one\xf0\xff", 5} + std::string(255, 'y');
  auto flipped = records;
  flipped[0] = 2;
  std::string plain(1, '\0');
  return {plain + file.bytes.substr(0, file.ends[0]), records, flipped};
}

} // namespace muster::fuzz
