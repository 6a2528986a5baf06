// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace muster {

struct outbox_options {
  /// What may wait, packet headers included; beyond it `full`.
  size_t bytes_max = size_t{64} << 20;

  /// How many packets may wait; a newer one never waits behind more.
  size_t packets_max = SIZE_MAX;

  /// A batch grows up to this; only a single packet may be larger.
  size_t batch_bytes = size_t{256} << 10;

  /// Larger payloads are `too_large`. Bound by the frame's length cap.
  size_t payload_bytes_max = (size_t{16} << 20) - 64;

  /// Free bytes in front of each batch, for the header of its frame.
  size_t header_bytes = 0;
};

enum class push_result : uint8_t {
  /// Queued; somebody is already going to drain it.
  queued,
  /// Queued, and the caller must get the drainer to call `take`.
  queued_wake,
  /// Dropped: there is no connection.
  closed,
  /// Dropped: `bytes_max` or `packets_max` is reached.
  full,
  /// Dropped: it would not fit into a frame.
  too_large,
};

/// The packets that wait for one connection, already encoded as batches, so
/// that no packet costs an allocation and the drainer copies nothing.
///
/// Closed when made; `open` when its connection is usable, `close` when that is
/// lost. Many threads push, one drains.
///
/// Invariants: (1) batches are taken in the order of the pushes; (2) from a
/// `queued_wake` until `take` returns false or `close`, no other push says
/// `queued_wake`: one wake-up a burst, not one a packet; (3) what waits is
/// within both limits; (4) closed means empty.
///
/// Thread-safe.
class outbox {
public:
  explicit outbox(const outbox_options& options);

  /// Queues a copy of `payload`, or says why not. Never blocks for long.
  push_result push(uint16_t tag, std::string_view payload);

  /// Starts to take packets, beginning with an empty queue.
  void open();

  /// Drops what waits. Returns how many packets that were.
  size_t close();

  /// Swaps the oldest batch into `batch` (`header_bytes` of unspecified bytes
  /// in front of it) and keeps the old buffer for later use. False, and the
  /// buffer cleared, if nothing waits: the next push wakes again.
  bool take(std::string& batch);

  /// How many bytes wait.
  size_t bytes() const;

private:
  struct batch_entry {
    std::string bytes;
    size_t packets = 0;
  };

  push_result refuse(size_t cost) const;
  std::string& batch_for(size_t cost);
  void recycle(std::string buffer);
  void clear();

  const outbox_options options_;
  mutable std::mutex mutex_;
  std::deque<batch_entry> batches_;
  std::vector<std::string> spare_;
  size_t bytes_ = 0;
  size_t packets_ = 0;
  bool open_ = false;
  bool woken_ = false;
};

} // namespace muster
