// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/store/waiting_room.hpp"

#include <leveldb/env.h>

#include <cstddef>
#include <string>

namespace muster {

/// The real file system, with three differences in the files that are written.
///
/// Log files grow in extents of zeros written in advance. The sync of a write
/// into such an extent changes no size and no block map, so it writes data
/// only: two thirds of the latency and three quarters of the CPU of an append,
/// as measured on ext4. LevelDB's reader takes zeros for the end of a log. A
/// file that is closed is cut to what was written; after a crash, zeros remain
/// and `judge_log` knows them.
///
/// A write that finds no room waits for it in `room`: LevelDB takes any error
/// of a write for its end. A sync that fails has failed, whatever the reason:
/// nobody knows what is on the disk then.
///
/// The directory is synced when a file is made, which LevelDB omits.
///
/// Thread-safe like any `leveldb::Env`; its files are not.
class store_env : public leveldb::EnvWrapper {
public:
  /// @param log_extent_bytes  0 = none, else at least 4096
  explicit store_env(size_t log_extent_bytes);

  leveldb::Status NewWritableFile(const std::string& name,
                                  leveldb::WritableFile** result) override;

  /// Whether an operation failed for no other reason than a full disk, before
  /// anything that was synced changed.
  static bool lacked_room(const leveldb::Status& x);

  waiting_room room;

private:
  const size_t log_extent_bytes_;
};

} // namespace muster
