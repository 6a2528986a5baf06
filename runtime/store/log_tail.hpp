// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace muster {

// LevelDB's own log, as far as a torn tail must be told from damage:
//
//   blocks of 32,768 bytes, each a run of fragments; fewer than 7 bytes at the
//   end of a block are 0
//
//   offset  size  fragment
//        0     4  CRC-32C of [6, 7 + n), rotated right by 15 + 0xa282ead8
//        4     2  n
//        6     1  1 whole record, 2 first, 3 middle, 4 last fragment of one
//        7     n  data
//
// LevelDB itself drops a cut last record without a word, refuses to open after
// any other damage, and reads zeros as the end. That is too lenient (a flipped
// bit in the last length loses an acknowledged group) and too strict (a torn
// record of several sectors stops the machine), so the store looks first.

/// What the bytes of a log say about its end.
struct log_verdict {
  enum class kind {
    /// Every record holds; zeros may follow.
    whole,
    /// The last record was never completely on the disk: cut at `at`.
    torn,
    /// A record that was complete does not hold any more.
    damaged,
  };

  kind what = kind::whole;
  /// Where the first record that does not hold begins.
  size_t at = 0;
};

/// Judges a whole log file. A record is torn if nothing valid begins after it
/// and the file ends within it or a sector (512 bytes) of it is zero: the rule
/// of etcd's write-ahead log. The next group is written only after the sync of
/// the last one, so damage before the last record is never a torn write.
log_verdict judge_log(std::string_view file);

/// Judges all logs of a LevelDB that nobody has open and cuts the newest one's
/// torn tail. Errors: `corrupt`, which names the file and offset; `io`.
status mend_log_tails(const std::string& directory);

} // namespace muster
