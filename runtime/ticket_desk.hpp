// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/ports/answers.hpp"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <variant>

namespace muster {

/// Keeps what waiting users want to be told, by ticket. Thread-safe; calls the
/// functions on the thread that answers, outside its lock; those of watches
/// under a lock of their own, so that `close` can wait for them.
class ticket_desk : public answers {
public:
  /// Nothing = the deadline is over.
  using read_function = std::function<void(std::optional<read_reply>)>;
  using list_function = std::function<void(std::optional<list_reply>)>;
  using explain_function = std::function<void(std::optional<explain_reply>)>;
  using command_function = std::function<void(command_answer)>;
  using move_function = std::function<void(std::optional<move_reply>)>;

  struct watch_functions {
    std::function<void(const std::vector<watch_event>&)> tell;
    /// Empty: always.
    std::function<bool()> has_room;
  };

  /// @param first  the first ticket; a random one, so that a late answer to
  ///   a former incarnation's question finds nobody. Half of all numbers are
  ///   the machine's own (`internal_ticket`)
  explicit ticket_desk(uint64_t first) : next_(first >> 2) {
    // nop
  }

  uint64_t open(read_function f);
  uint64_t open(list_function f);
  uint64_t open(explain_function f);
  uint64_t open(command_function f);
  uint64_t open(move_function f);

  /// @returns 0: `max` are open
  uint64_t open_watch(watch_functions f, size_t max);

  /// Forgets a ticket; waits until its function is not running.
  void close(uint64_t ticket);

  /// Tells everyone who still waits that there will be no answer.
  void close_all();

  void command_done(uint64_t ticket, command_answer x) override;
  void read_done(uint64_t ticket, read_reply x) override;
  void list_done(uint64_t ticket, list_reply x) override;
  void explain_done(uint64_t ticket, explain_reply x) override;
  void move_done(uint64_t ticket, move_reply x) override;
  void timed_out(uint64_t ticket) override;
  void watch_told(uint64_t ticket, std::vector<watch_event> x) override;
  bool watch_has_room(uint64_t ticket) override;

private:
  using function = std::variant<read_function, list_function, explain_function,
                                command_function, move_function>;

  uint64_t add(function f);
  std::optional<function> take(uint64_t ticket);

  std::mutex mutex_;
  uint64_t next_;
  std::unordered_map<uint64_t, function> open_;
  /// Held while a watch function runs, so that `close` can wait for it.
  std::mutex watch_mutex_;
  std::map<uint64_t, watch_functions> watches_;
};

} // namespace muster
