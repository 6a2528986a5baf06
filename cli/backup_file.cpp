// SPDX-License-Identifier: Apache-2.0
#include "cli/backup_file.hpp"

#include "cli/answers.hpp"

#define XXH_INLINE_ALL
#include <nlohmann/json.hpp>
#include <xxhash.h>

#include <cstdio>
#include <istream>
#include <ostream>

namespace muster::cli {

namespace {

constexpr uint64_t backup_version = 1;

/// Room for the largest value with every byte escaped.
constexpr std::streamsize line_bytes_max = 8 * 1024 * 1024;

error corrupt(size_t line, const std::string& what) {
  return {errc::corrupt, "line " + std::to_string(line) + ": " + what};
}

status check_head(const std::string& line) {
  auto parsed = http::parse_json(line);
  auto is_head = parsed && parsed->is_object()
                 && parsed->contains("muster_backup")
                 && (*parsed)["muster_backup"].is_number_unsigned();
  if (!is_head)
    return error{errc::invalid_argument, "it is not a backup of Muster"};
  if ((*parsed)["muster_backup"].get<uint64_t>() != backup_version)
    return error{errc::invalid_argument, "it is a backup of version "
                                           + show(*parsed, "muster_backup")
                                           + ", this program reads version "
                                           + std::to_string(backup_version)};
  return ok();
}

/// Whole lines of a bounded length: a file that is none of ours may have none.
class line_reader {
public:
  explicit line_reader(std::istream& in)
    : in_(in), buffer_(std::make_unique<char[]>(line_bytes_max)) {
    // nop
  }

  /// @returns false at the end, and where a line is cut off or too long
  bool next() {
    in_.getline(buffer_.get(), line_bytes_max);
    if (!in_ || in_.eof())
      return false;
    text_.assign(buffer_.get(), static_cast<size_t>(in_.gcount()) - 1);
    ++number_;
    return true;
  }

  const std::string& text() const {
    return text_;
  }

  size_t number() const {
    return number_;
  }

private:
  std::istream& in_;
  std::unique_ptr<char[]> buffer_;
  std::string text_;
  size_t number_ = 0;
};

/// As `backup_writer` begins its last line, and no record.
constexpr std::string_view end_begins = R"({"records":)";

status check_end(const std::string& text, size_t line, uint64_t records,
                 const running_hash& hash) {
  auto parsed = http::parse_json(text);
  if (!parsed || !parsed->is_object())
    return corrupt(line, "the end of the backup is damaged");
  auto& x = *parsed;
  if (show(x, "records") != std::to_string(records))
    return corrupt(line, "it should have " + show(x, "records")
                           + " records and has " + std::to_string(records));
  if (text_of(x, "xxh3") != hash.text())
    return corrupt(line, "the checksum is another: the file was changed");
  return ok();
}

} // namespace

struct running_hash::state {
  XXH3_state_t all;
};

running_hash::running_hash() : state_(std::make_unique<state>()) {
  XXH3_64bits_reset(&state_->all);
}

running_hash::~running_hash() = default;

void running_hash::add(const std::string& bytes) {
  XXH3_64bits_update(&state_->all, bytes.data(), bytes.size());
}

std::string running_hash::text() const {
  char out[17];
  std::snprintf(
    out, sizeof(out), "%016llx",
    static_cast<unsigned long long>(XXH3_64bits_digest(&state_->all)));
  return out;
}

backup_writer::backup_writer(std::ostream& to, const backup_head& head)
  : to_(to) {
  write(http::to_text(json{{"muster_backup", backup_version},
                           {"shards", head.shards},
                           {"created", head.created}}));
}

void backup_writer::add(const loaded_record& x) {
  json line{{"key", x.key}};
  http::set_value(line, x.value);
  write(http::to_text(line));
  ++records_;
}

void backup_writer::finish() {
  write(http::to_text(json{{"records", records_}, {"xxh3", hash_.text()}}));
}

void backup_writer::write(std::string line) {
  line += '\n';
  hash_.add(line);
  to_ << line;
}

status
read_backup(std::istream& in,
            const std::function<bool(size_t line, loaded_record)>& take) {
  line_reader lines{in};
  auto head = check_head(lines.next() ? lines.text() : std::string{});
  if (!head)
    return head;
  running_hash hash;
  hash.add(lines.text() + '\n');
  uint64_t records = 0;
  while (lines.next()) {
    auto number = lines.number();
    if (lines.text().starts_with(end_begins)) {
      if (auto whole = check_end(lines.text(), number, records, hash); !whole)
        return whole;
      if (in.peek() != std::istream::traits_type::eof())
        return corrupt(number + 1, "there is more behind the end");
      return ok();
    }
    auto record = parse_line(lines.text());
    if (!record)
      return corrupt(number, record.failure().message);
    hash.add(lines.text() + '\n');
    ++records;
    if (!take(number, std::move(*record)))
      return ok();
  }
  return corrupt(lines.number() + 1,
                 "a whole line is missing here, and the end of the backup");
}

} // namespace muster::cli
