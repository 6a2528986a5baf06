// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/own_records.hpp"
#include "allocator/record_keys.hpp"
#include "registry/command.hpp"
#include "registry/listed_record.hpp"
#include "registry/story.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace muster {

struct own_inventory_options {
  /// After what was not committed or could not be read, until the next try.
  nanoseconds retry = std::chrono::seconds{1};
  /// How often the records are read again, in case others changed them.
  nanoseconds check_every = std::chrono::seconds{60};
  /// A load is published if a part of it moved by so much.
  uint32_t load_step_permille = 50;
};

/// Keeps a machine's own records as they should be: decides which commands
/// bring them to what was found. The machine alone writes them; reservations
/// move its counters at the same time. So
///
/// 1. a counter that is absent is created with the capacity, one that is there
///    is moved by the difference of capacity and never put;
/// 2. a capacity's difference is that of the very record which the same command
///    replaces, and which it is guarded by: a command that is late, or sent
///    twice, moves nothing twice;
/// 3. a device that has gone keeps its record, marked, and its counter: less by
///    its capacity, which is as if it had none. So what is reserved of it stays
///    known, and is right again if it comes back;
/// 4. what is as it should be is not written.
///
/// The capacity of a device with a share is the share of what was free when it
/// was first published: what is reserved of it must not make it smaller. Its
/// measurements stay those that were published until one differs by a factor of
/// two, since no two measurements are equal.
///
/// Not thread-safe; owned by one actor.
class own_inventory {
public:
  /// Either all records below `machine_key` are to be read (`on_records`), or a
  /// command is to be sent (`on_answer`).
  struct request {
    std::optional<command> what;
  };

  /// @param codec  referred to
  own_inventory(const machine_id& self, const own_record_codec& codec,
                own_inventory_options options);

  /// May come again and again; the newest counts. Nothing is wanted before the
  /// first one.
  void on_found(found_inventory x);
  void on_load(load_record x);

  std::optional<request> on_tick(boot_time now);

  /// @param xs  one cut of all records below the machine's key; nothing: they
  ///   could not be read
  void on_records(const std::optional<std::vector<listed_record>>& xs,
                  boot_time now);
  void on_answer(outcome what, boot_time now);

  /// For the log: what was done since the last call.
  std::vector<std::string> take_notes();

private:
  /// The next change, if there is one: facts, then devices, then the load.
  std::optional<command> draft();
  std::optional<command> draft_machine();
  std::optional<command> draft_device(const found_device& x);
  std::optional<command> draft_gone(const std::string& key);
  std::optional<command> draft_load();

  const std::string* known(const std::string& key) const;
  /// A command that replaces one record, or creates it.
  command replace(const std::string& key, std::string text) const;
  /// Adds what moves a counter from a capacity to another.
  /// @param before  nothing: not known, so a counter that is there stays
  void add_counter(command& to, const counter_name& name,
                   std::optional<uint64_t> before, uint64_t now) const;
  device_record settled(const found_device& x,
                        const std::optional<device_record>& published) const;
  bool has_moved(const load_record& x) const;

  machine_id self_;
  const own_record_codec& codec_;
  own_inventory_options options_;
  std::optional<found_inventory> found_;
  std::optional<load_record> load_;
  std::optional<load_record> published_load_;
  /// The machine's own records, as they were read or written; nothing: not
  /// known. Of counters only that they are there.
  std::optional<std::map<std::string, std::string>> known_;
  /// Under way; nothing while reading or idle.
  std::optional<command> open_;
  bool waiting_ = false;
  /// Nothing is left to be written.
  bool done_ = false;
  bool was_done_ = false;
  boot_time next_{};
  boot_time check_{};
  /// What the command under way does.
  std::string note_;
  std::vector<std::string> notes_;
};

} // namespace muster
