// SPDX-License-Identifier: Apache-2.0

// What is in LevelDB; numbers are little-endian.
//
//   key             value
//   "mformat"       "1"
//   "mrevision"     8 bytes: the revision of the newest change
//   "k" and a key   8 bytes: the key's mod_revision
//                   1 byte:  1 = it ends with the liveness lease, else 0
//                   the rest: the key's value

#include "runtime/coordinator/embedded_store.hpp"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <cassert>
#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

namespace muster {

namespace {

constexpr std::string_view format_key = "mformat";
constexpr std::string_view revision_key = "mrevision";
constexpr std::string_view format = "1";
constexpr size_t number_bytes = 8;

leveldb::Slice slice(std::string_view x) {
  return {x.data(), x.size()};
}

std::string encode_number(uint64_t x) {
  std::string bytes;
  for (size_t i = 0; i < number_bytes; ++i)
    bytes += static_cast<char>(x >> (8 * i) & 0xff);
  return bytes;
}

std::optional<uint64_t> decode_number(std::string_view bytes) {
  if (bytes.size() < number_bytes)
    return std::nullopt;
  uint64_t x = 0;
  for (size_t i = 0; i < number_bytes; ++i)
    x |= uint64_t{static_cast<uint8_t>(bytes[i])} << (8 * i);
  return x;
}

std::string place_of(const std::string& key) {
  return "k" + key;
}

leveldb::ReadOptions checked_reads() {
  leveldb::ReadOptions x;
  x.verify_checksums = true;
  return x;
}

error failure(errc code, const std::string& why) {
  return error{code, "embedded coordinator: " + why};
}

error open_failure(const embedded_options& options,
                   const leveldb::Status& why) {
  auto text = why.ToString();
  if (why.IsCorruption())
    return failure(errc::corrupt, text);
  // LevelDB has no code of its own for a lock that another has.
  if (text.find("/LOCK: ") != std::string::npos)
    return failure(errc::in_use, "another process uses " + options.directory
                                   + " (" + text + "); stop it");
  return failure(errc::io, text);
}

} // namespace

/// A key as it is on disk; absent = revision 0.
struct embedded_store::stored {
  uint64_t revision = 0;
  bool is_bound = false;
  std::string value;

  static std::optional<stored> decode(std::string_view bytes) {
    auto revision = decode_number(bytes);
    if (!revision || *revision == 0 || bytes.size() == number_bytes)
      return std::nullopt;
    return stored{*revision, bytes[number_bytes] != 0,
                  std::string{bytes.substr(number_bytes + 1)}};
  }

  std::string encode() const {
    return encode_number(revision) + (is_bound ? '\1' : '\0') + value;
  }
};

embedded_store::embedded_store() = default;

embedded_store::~embedded_store() = default;

result<std::unique_ptr<embedded_store>>
embedded_store::open(const embedded_options& options) {
  std::error_code problem;
  std::filesystem::create_directories(options.directory, problem);
  if (problem)
    return failure(errc::io, options.directory + ": " + problem.message());
  leveldb::Options how;
  how.create_if_missing = true;
  how.paranoid_checks = true;
  if (options.env != nullptr)
    how.env = options.env;
  leveldb::DB* db = nullptr;
  auto opened = leveldb::DB::Open(how, options.directory, &db);
  if (!opened.ok())
    return open_failure(options, opened);
  std::unique_ptr<embedded_store> x{new embedded_store};
  x->db_.reset(db);
  if (auto loaded = x->load(); !loaded)
    return loaded.failure();
  return x;
}

status embedded_store::load() {
  std::string found;
  auto read = db_->Get(checked_reads(), slice(format_key), &found);
  if (read.IsNotFound()) {
    leveldb::WriteBatch batch;
    batch.Put(slice(format_key), slice(format));
    batch.Put(slice(revision_key), encode_number(revision_));
    leveldb::WriteOptions how;
    how.sync = true;
    auto written = db_->Write(how, &batch);
    return written.ok() ? ok() : failure(errc::io, written.ToString());
  }
  if (!read.ok())
    return failure(errc::corrupt, read.ToString());
  if (found != format)
    return failure(errc::corrupt, "unknown format '" + found + "'");
  read = db_->Get(checked_reads(), slice(revision_key), &found);
  auto number = read.ok() ? decode_number(found) : std::nullopt;
  if (!number)
    return failure(errc::corrupt, "the revision is lost: " + read.ToString());
  revision_ = *number;
  return ok();
}

status embedded_store::usable() const {
  if (has_failed_)
    return failure(errc::unavailable,
                   "an earlier write failed; restart this machine");
  return ok();
}

result<coordinator_range>
embedded_store::range(const std::string& prefix) const {
  if (auto x = usable(); !x)
    return x.failure();
  coordinator_range range;
  range.revision = revision_;
  auto place = place_of(prefix);
  std::unique_ptr<leveldb::Iterator> i{db_->NewIterator(checked_reads())};
  for (i->Seek(place); i->Valid() && i->key().starts_with(place); i->Next()) {
    auto bytes = i->value();
    auto x = stored::decode({bytes.data(), bytes.size()});
    if (!x || x->revision > revision_)
      return failure(errc::unavailable, "a damaged key");
    auto key = i->key().ToString().substr(1);
    range.entries.push_back({key, std::move(x->value), x->revision});
  }
  if (!i->status().ok())
    return failure(errc::unavailable, i->status().ToString());
  return range;
}

result<embedded_store::stored>
embedded_store::read(const std::string& key) const {
  std::string bytes;
  auto read = db_->Get(checked_reads(), place_of(key), &bytes);
  if (read.IsNotFound())
    return stored{};
  if (!read.ok())
    return failure(errc::unavailable, read.ToString());
  auto x = stored::decode(bytes);
  if (!x)
    return failure(errc::unavailable, "a damaged key");
  return *x;
}

result<bool> embedded_store::holds(const coordinator_txn& request) const {
  for (auto& compare : request.compares) {
    auto found = read(compare.key);
    if (!found)
      return found.failure();
    if (found->revision != compare.mod_revision)
      return false;
  }
  return true;
}

result<embedded_store::change>
embedded_store::apply(const coordinator_txn& request) {
  if (auto x = usable(); !x)
    return x.failure();
  auto does_hold = holds(request);
  if (!does_hold)
    return does_hold.failure();
  if (!*does_hold)
    return change{{false, revision_}, {}};
  leveldb::WriteBatch batch;
  std::vector<std::string> keys;
  for (auto& put : request.puts) {
    stored x{revision_ + 1, put.bound_to_lease, put.value};
    batch.Put(place_of(put.key), x.encode());
    keys.push_back(put.key);
  }
  for (auto& key : request.deletes) {
    auto found = read(key);
    if (!found)
      return found.failure();
    // As in etcd, deleting an absent key is no change.
    if (found->revision == 0)
      continue;
    batch.Delete(place_of(key));
    keys.push_back(key);
  }
  return write(batch, std::move(keys));
}

result<embedded_store::change> embedded_store::drop_bound() {
  if (auto x = usable(); !x)
    return x.failure();
  leveldb::WriteBatch batch;
  std::vector<std::string> keys;
  std::unique_ptr<leveldb::Iterator> i{db_->NewIterator(checked_reads())};
  for (i->Seek("k"); i->Valid() && i->key().starts_with("k"); i->Next()) {
    auto bytes = i->value();
    auto x = stored::decode({bytes.data(), bytes.size()});
    if (!x)
      return failure(errc::unavailable, "a damaged key");
    if (!x->is_bound)
      continue;
    batch.Delete(i->key());
    keys.push_back(i->key().ToString().substr(1));
  }
  if (!i->status().ok())
    return failure(errc::unavailable, i->status().ToString());
  return write(batch, std::move(keys));
}

result<embedded_store::change>
embedded_store::write(leveldb::WriteBatch& batch,
                      std::vector<std::string> keys) {
  assert(!has_failed_);
  if (keys.empty())
    return change{{true, revision_}, {}};
  batch.Put(slice(revision_key), encode_number(revision_ + 1));
  leveldb::WriteOptions how;
  how.sync = true;
  auto written = db_->Write(how, &batch);
  if (!written.ok()) {
    has_failed_ = true;
    return failure(errc::unknown, written.ToString());
  }
  ++revision_;
  return change{{true, revision_}, std::move(keys)};
}

} // namespace muster
