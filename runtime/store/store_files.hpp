// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/ids.hpp"
#include "registry/result.hpp"
#include "runtime/store/level_store_options.hpp"
#include "runtime/store/log_index.hpp"

#include <leveldb/db.h>
#include <leveldb/write_batch.h>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

class store_env;

inline leveldb::Slice slice_of(std::string_view x) {
  return {x.data(), x.size()};
}

inline std::string_view view_of(const leveldb::Slice& x) {
  return {x.data(), x.size()};
}

/// The LevelDB of a store: opened with every check that LevelDB has, after the
/// tail of its log was judged (`log_tail.hpp`). Owned by one `level_store`;
/// not thread-safe beyond what LevelDB is.
class store_files {
public:
  /// Opens or makes the store in `options.directory`. Errors: `in_use`
  /// (another process has it open), `corrupt` (or given up), `io`.
  static result<std::unique_ptr<store_files>>
  open(const level_store_options& options);

  ~store_files();

  store_id id() const {
    return id_;
  }

  /// Whether writes that find no room wait for it (at first they fail). False
  /// ends the waits that there are, with `io`. From any thread.
  void wait_for_room(bool x);

  /// Whether a write waits for room. From any thread.
  bool waits_for_room() const;

  /// What the owner noted last; empty if never. Errors: `corrupt`, `io`.
  result<std::string> note() const;

  /// Error: `io`.
  status set_note(const std::string& x);

  /// Fills `index` and returns what survived of each shard. Errors: `corrupt`
  /// names the shard or the group that is damaged or missing.
  result<std::vector<recovered_shard>> recover(log_index& index);

  /// Writes `batch` and waits until it is on the disk. Error: `io`; unless it
  /// was for lack of room, the store is given up (`set_aside.hpp`).
  status write(leveldb::WriteBatch& batch);

  /// Adds the deletion of all rows of `shard` to `batch`. Error: `corrupt`,
  /// `io`.
  status delete_rows(shard_id shard, leveldb::WriteBatch& batch);

private:
  store_files();

  status find_id();
  std::unique_ptr<leveldb::Iterator> iterate() const;

  std::string directory_;
  // Declared before the database, which uses it until its end.
  std::unique_ptr<store_env> env_;
  std::unique_ptr<leveldb::DB> db_;
  store_id id_;
};

} // namespace muster
