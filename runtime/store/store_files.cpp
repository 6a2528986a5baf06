// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/store_files.hpp"

#include "runtime/store/durable_file.hpp"
#include "runtime/store/log_tail.hpp"
#include "runtime/store/set_aside.hpp"
#include "runtime/store/store_env.hpp"
#include "runtime/store/store_format.hpp"

#include <leveldb/env.h>
#include <leveldb/iterator.h>

#include <filesystem>
#include <random>

namespace muster {

namespace fs = std::filesystem;
using namespace store_format;

namespace {

error failure(const std::string& where, const leveldb::Status& x) {
  auto text = "store " + where + ": " + x.ToString();
  if (x.IsCorruption())
    return {errc::corrupt, text};
  // LevelDB has no code of its own for a lock that somebody else holds.
  auto locked = text.find("/LOCK:") != std::string::npos
                && (text.find("already held") != std::string::npos
                    || text.find("unavailable") != std::string::npos);
  if (locked)
    return {errc::in_use, text + " (another process uses this store)"};
  return {errc::io, text};
}

std::string parent_of(const std::string& directory) {
  auto parent = fs::path{directory}.parent_path();
  return parent.empty() ? "." : parent.string();
}

/// LevelDB takes a directory without CURRENT for a new one and deletes the
/// data files that it finds there.
status refuse_headless(const std::string& directory) {
  auto code = std::error_code{};
  if (fs::exists(directory + "/CURRENT", code))
    return ok();
  for (auto& entry : fs::directory_iterator(directory, code)) {
    auto suffix = entry.path().extension();
    if (suffix == ".ldb" || suffix == ".sst" || suffix == ".log")
      return error{errc::corrupt,
                   "store " + directory + ": has data but no file CURRENT"};
  }
  return ok();
}

/// What LevelDB finds in a store of which a write or a sync has failed may be
/// in the page cache only, and gone at the next crash.
status refuse_given_up(const std::string& directory) {
  if (auto why = why_given_up(directory))
    return error{errc::corrupt,
                 "store " + directory + " was given up: " + *why};
  return ok();
}

leveldb::Options leveldb_options(const level_store_options& x) {
  leveldb::Options result;
  result.create_if_missing = true;
  result.paranoid_checks = true;
  // Entries are small and soon deleted; compressing them only costs time.
  result.compression = leveldb::kNoCompression;
  result.write_buffer_size = x.write_buffer_bytes;
  result.max_file_size = x.write_buffer_bytes;
  result.max_open_files = 200;
  return result;
}

store_id random_id() {
  std::random_device device;
  auto number = uint64_t{0};
  while (number == 0)
    number = uint64_t{device()} << 32 | device();
  return store_id{number};
}

} // namespace

store_files::store_files() = default;

store_files::~store_files() = default;

result<std::unique_ptr<store_files>>
store_files::open(const level_store_options& options) {
  auto& directory = options.directory;
  auto code = std::error_code{};
  auto is_new = fs::create_directory(directory, code);
  if (code)
    return error{errc::io, "store " + directory + ": " + code.message()};
  if (is_new)
    if (auto done = sync_directory(parent_of(directory)); !done)
      return done.failure();
  if (auto done = refuse_headless(directory); !done)
    return done.failure();
  auto result = std::unique_ptr<store_files>{new store_files};
  result->directory_ = directory;
  auto* env = options.env != nullptr ? options.env : leveldb::Env::Default();
  if (options.env == nullptr) {
    result->env_ = std::make_unique<store_env>(options.log_extent_bytes);
    env = result->env_.get();
  }
  {
    // LevelDB locks only within Open, which would be too late: cutting the log
    // of a running store would destroy it.
    leveldb::FileLock* lock = nullptr;
    if (auto done = env->LockFile(directory + "/LOCK", &lock); !done.ok())
      return failure(directory, done);
    auto usable = refuse_given_up(directory);
    if (usable)
      usable = mend_log_tails(directory);
    env->UnlockFile(lock);
    if (!usable)
      return usable.failure();
  }
  auto opened_options = leveldb_options(options);
  opened_options.env = env;
  leveldb::DB* db = nullptr;
  if (auto done = leveldb::DB::Open(opened_options, directory, &db); !done.ok())
    return failure(directory, done);
  result->db_.reset(db);
  if (auto done = result->find_id(); !done)
    return done.failure();
  return result;
}

void store_files::wait_for_room(bool x) {
  if (env_ == nullptr)
    return;
  if (x)
    env_->room.open();
  else
    env_->room.close();
}

bool store_files::waits_for_room() const {
  return env_ != nullptr && env_->room.occupied();
}

status store_files::find_id() {
  std::string value;
  leveldb::ReadOptions reading;
  reading.verify_checksums = true;
  auto found = db_->Get(reading, slice_of(id_key), &value);
  if (found.ok()) {
    auto id = decode_id(value);
    if (!id)
      return error{id.failure().code,
                   "store " + directory_ + ", its id: " + id.failure().message};
    id_ = *id;
    return ok();
  }
  if (!found.IsNotFound())
    return failure(directory_, found);
  auto i = iterate();
  i->SeekToFirst();
  if (i->Valid())
    return error{errc::corrupt, "store " + directory_ + ": has data but no id"};
  id_ = random_id();
  leveldb::WriteBatch batch;
  batch.Put(slice_of(id_key), encode_id(id_));
  return write(batch);
}

result<std::string> store_files::note() const {
  std::string value;
  leveldb::ReadOptions reading;
  reading.verify_checksums = true;
  auto found = db_->Get(reading, slice_of(note_key), &value);
  if (found.IsNotFound())
    return std::string{};
  if (!found.ok())
    return failure(directory_, found);
  return decode_note(value);
}

status store_files::set_note(const std::string& x) {
  leveldb::WriteBatch batch;
  batch.Put(slice_of(note_key), encode_note(x));
  return write(batch);
}

std::unique_ptr<leveldb::Iterator> store_files::iterate() const {
  leveldb::ReadOptions options;
  options.verify_checksums = true;
  options.fill_cache = false;
  return std::unique_ptr<leveldb::Iterator>{db_->NewIterator(options)};
}

status store_files::write(leveldb::WriteBatch& batch) {
  leveldb::WriteOptions options;
  options.sync = true;
  auto done = db_->Write(options, &batch);
  if (done.ok())
    return ok();
  auto why = failure(directory_, done).message;
  // What was on the disk before is there still: not a reason to give it up.
  if (store_env::lacked_room(done))
    return error{errc::io, why};
  if (auto marked = give_up(directory_, done.ToString()); !marked)
    why += "; that it failed may be forgotten at the next start ("
           + marked.failure().message + ")";
  return error{errc::io, why};
}

status store_files::delete_rows(shard_id shard, leveldb::WriteBatch& batch) {
  auto prefix = row_key(shard, {});
  auto i = iterate();
  for (i->Seek(prefix); i->Valid() && i->key().starts_with(prefix); i->Next())
    batch.Delete(i->key());
  if (!i->status().ok())
    return failure(directory_, i->status());
  return ok();
}

} // namespace muster
