// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/key.hpp"
#include "runtime/machine.hpp"

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

namespace muster::testing {

/// A machine that is all of its cluster and lives in memory: what the HTTP
/// interface and the command line are tested against. It evaluates commands
/// with the real core and applies them at once.
class fake_machine : public machine {
public:
  /// Knobs, set before the machine is used.
  /// Called with each command before it is carried out, without a lock.
  std::function<void(const command&)> before_command;
  /// Committed commands are answered this way instead.
  outcome answer_as = outcome::committed;
  uint32_t tell_attempts = 1;
  /// Reads wait until `release`.
  bool hold_reads = false;

  void release() {
    std::lock_guard guard{mutex_};
    hold_reads = false;
    changed_.notify_all();
  }

  size_t reads_waiting() const {
    std::lock_guard guard{mutex_};
    return reads_waiting_;
  }

  size_t watchers() const {
    std::lock_guard guard{mutex_};
    return watchers_->size();
  }

  /// Tells every watcher.
  void tell(const watch_event& x) {
    watchers_->tell(x);
  }

  /// Another value under a key than the interface would let in.
  void plant(std::string key, std::string value) {
    std::lock_guard guard{mutex_};
    records_[std::move(key)] = record{std::move(value), sequence{++last_}};
  }

  /// A command that is in flight.
  void begin(const std::string& id) {
    story x;
    x.id = command_id{id};
    x.operations.push_back({operation_kind::put, "/a", {}});
    x.attempts = 2;
    x.duration_ns = 3'000'000'000;
    std::lock_guard guard{mutex_};
    stories_.push_back(std::move(x));
  }

  // -- machine ----------------------------------------------------------------

  const machine_id& id() const override {
    return id_;
  }

  bool try_get(std::string_view key, std::string& value,
               sequence& version) override {
    std::lock_guard guard{mutex_};
    auto found = records_.find(std::string{key});
    if (found == records_.end())
      return false;
    value = found->second.value;
    version = found->second.version;
    return true;
  }

  result<read_answer> get(std::string_view key, read_options how) override {
    std::unique_lock guard{mutex_};
    if (auto failed = wait_to_read(guard, how); !failed)
      return failed.failure();
    auto found = records_.find(std::string{key});
    if (found == records_.end())
      return answer(std::string{key}, nullptr, how);
    return answer(found->first, &found->second, how);
  }

  result<std::vector<read_answer>> list(std::string_view prefix,
                                        read_options how) override {
    std::unique_lock guard{mutex_};
    if (auto failed = wait_to_read(guard, how); !failed)
      return failed.failure();
    std::vector<read_answer> out;
    for (auto& [key, value] : records_)
      if (covers(prefix, key))
        out.push_back(answer(key, &value, how));
    return out;
  }

  /// The switch that it is behind, and m9 too; empty: none.
  machine_id behind;

  /// As `status` has it.
  static constexpr uint32_t shard_count = 1;

  result<std::vector<read_answer>> list_shard(shard_id shard,
                                              read_options how) override {
    if (shard.value >= shard_count)
      return error{errc::invalid_argument, "no such shard"};
    auto found = list("/", how);
    if (found)
      std::erase_if(*found, [&](auto& x) {
        return shard_of(x.key, shard_count) != shard;
      });
    return found;
  }

  void submit(command x, submit_options,
              std::function<void(command_answer)> then) override {
    then(run(std::move(x)));
  }

  command_answer submit(command x, submit_options) override {
    return run(std::move(x));
  }

  muster::status mirror(std::string_view prefix,
                        std::chrono::nanoseconds) override {
    std::lock_guard guard{mutex_};
    mirrors_.insert(std::string{prefix});
    return ok();
  }

  muster::status unmirror(std::string_view prefix) override {
    std::lock_guard guard{mutex_};
    if (mirrors_.erase(std::string{prefix}) == 0)
      return error{errc::not_found, "no such mirror"};
    return ok();
  }

  std::vector<std::string> mirrors() const override {
    std::lock_guard guard{mutex_};
    return {mirrors_.begin(), mirrors_.end()};
  }

  result<std::unique_ptr<watch_handle>> watch(std::string_view prefix,
                                              watch_options how,
                                              watch_function then) override {
    struct handle : watch_handle {
      std::shared_ptr<watcher_map> map;
      int number = 0;
      ~handle() override {
        map->erase(number);
      }
    };
    auto made = std::make_unique<handle>();
    made->map = watchers_;
    watch_position at{1, 1};
    if (!how.from.empty()) {
      auto given = watch_position::parse(how.from, prefix, 1, 1);
      if (!given)
        return given.failure();
      at = std::move(*given);
    }
    // The home says what was before, and up to where that is.
    auto since = how.from.empty() ? last_version() : at.at().begin()->second;
    for (auto& each : changes_since(since, prefix))
      then(each, at);
    watch_event first;
    first.what = watch_event::kind::position;
    first.resume = std::max(since, last_version());
    at.take(first);
    then(first, at);
    made->number = watchers_->add(std::string{prefix}, std::move(at),
                                  std::move(then));
    return std::unique_ptr<watch_handle>{std::move(made)};
  }

  result<story> explain(const command_id& x,
                        std::chrono::nanoseconds) override {
    std::lock_guard guard{mutex_};
    for (auto& each : stories_)
      if (each.id == x)
        return each;
    return error{errc::not_found, "no command " + x.value + " is known here"};
  }

  std::vector<story> recent_commands(size_t limit) override {
    std::lock_guard guard{mutex_};
    std::vector<story> out{stories_.rbegin(), stories_.rend()};
    if (out.size() > limit)
      out.resize(limit);
    return out;
  }

  cluster_status status() const override {
    cluster_status out;
    out.cluster = "fake";
    out.answered_by = id_;
    machine_status self;
    self.id = id_;
    self.run = incarnation{7};
    self.role = "machine";
    self.state = "serving";
    self.address = "127.0.0.1:4100";
    self.pid = 4242;
    self.behind = behind;
    out.machines.push_back(self);
    shard_status shard;
    shard.primary = id_;
    shard.of = epoch{3};
    shard.state = "served";
    out.shards.push_back(shard);
    return out;
  }

  bool ready() const override {
    return true;
  }

  std::string metrics_text() const override {
    return "muster_fake_total 1\n";
  }

private:
  /// What was written after `since` and is there still.
  std::vector<watch_event> changes_since(sequence since,
                                         std::string_view prefix) const {
    std::lock_guard guard{mutex_};
    std::vector<watch_event> out;
    for (auto& [key, x] : records_)
      if (x.version > since && covers(prefix, key))
        out.push_back({watch_event::kind::change,
                       key,
                       false,
                       x.value,
                       x.version,
                       shard_id{},
                       {}});
    std::stable_sort(out.begin(), out.end(),
                     [](auto& a, auto& b) { return a.version < b.version; });
    return out;
  }

  sequence last_version() const {
    std::lock_guard guard{mutex_};
    return sequence{last_};
  }

  /// Thread-safe.
  class watcher_map {
  public:
    int add(std::string prefix, watch_position at, watch_function then) {
      std::lock_guard guard{mutex_};
      watchers_[++last_] = {std::move(prefix), std::move(at), std::move(then)};
      return last_;
    }

    void erase(int number) {
      std::lock_guard guard{mutex_};
      watchers_.erase(number);
    }

    size_t size() const {
      std::lock_guard guard{mutex_};
      return watchers_.size();
    }

    /// Every watcher, or those of the changed key.
    void tell(const watch_event& x) {
      std::lock_guard guard{mutex_};
      for (auto& [number, each] : watchers_) {
        if (!x.key.empty() && !covers(each.prefix, x.key))
          continue;
        each.at.take(x);
        each.then(x, each.at);
      }
    }

  private:
    mutable std::mutex mutex_;
    int last_ = 0;
    struct watcher {
      std::string prefix;
      watch_position at;
      watch_function then;
    };

    std::map<int, watcher> watchers_;
  };

  struct source : record_source {
    const std::map<std::string, record>& records;

    explicit source(const std::map<std::string, record>& x) : records(x) {
      // nop
    }

    const record* find(const std::string& key) const override {
      auto found = records.find(key);
      return found == records.end() ? nullptr : &found->second;
    }
  };

  muster::status wait_to_read(std::unique_lock<std::mutex>& guard,
                              const read_options& how) {
    ++reads_waiting_;
    auto free = changed_.wait_for(guard, how.timeout,
                                  [this] { return !hold_reads; });
    --reads_waiting_;
    if (!free)
      return error{errc::timed_out, "no answer in time"};
    return ok();
  }

  read_answer answer(const std::string& key, const record* found,
                     const read_options& how) const {
    read_answer out;
    out.key = key;
    out.served_by = id_;
    out.of = epoch{3};
    out.from = how.confirmed ? served_from::primary : served_from::copy;
    if (found != nullptr) {
      out.found = true;
      out.value = found->value;
      out.version = found->version;
    }
    return out;
  }

  command_answer run(command x) {
    if (before_command)
      before_command(x);
    command_answer out;
    std::vector<watch_event> events;
    {
      std::lock_guard guard{mutex_};
      if (x.id.value.empty())
        x.id.value = "m1.7." + std::to_string(stories_.size() + 1);
      out.id = x.id;
      out.born = sequence{last_};
      if (auto done = answers_.find(x.id.value); done != answers_.end()) {
        if (done->second.first == digest_of(x))
          return done->second.second;
        out.what = outcome::refused;
        out.id_reused = true;
        out.detail = "the id is that of another command";
        return out;
      }
      evaluate_and_apply(x, out, events);
      // Of others nothing is known.
      if (is_client_id(x.id)
          && (out.what == outcome::committed || out.what == outcome::refused))
        answers_[x.id.value] = {digest_of(x), out};
      tell_story(x, out);
    }
    for (auto& each : events)
      watchers_->tell(each);
    return out;
  }

  void evaluate_and_apply(const command& x, command_answer& out,
                          std::vector<watch_event>& events) {
    if (auto shard = check_command(x, 1); !shard) {
      out.what = outcome::refused;
      out.detail = shard.failure().message;
      return;
    }
    auto evaluated = evaluate(x, source{records_});
    out.what = evaluated.refusal.empty() ? answer_as : outcome::refused;
    out.detail = evaluated.refusal;
    if (out.what != outcome::committed)
      return;
    out.version = sequence{++last_};
    out.counters = evaluated.counters;
    out.otherwise = evaluated.otherwise;
    for (auto& each : evaluated.effects) {
      if (each.erased)
        records_.erase(each.key);
      else
        records_[each.key] = record{each.value, out.version};
      events.push_back({watch_event::kind::change, each.key, each.erased,
                        each.value, out.version, shard_id{}, out.version});
    }
  }

  void tell_story(const command& x, const command_answer& y) {
    story out;
    out.id = x.id;
    out.what = y.what;
    out.version = y.version;
    out.detail = y.detail;
    out.operations = x.operations;
    out.attempts = tell_attempts;
    out.duration_ns = 1'500'000;
    participant self;
    self.who = peer{id_, incarnation{7}};
    self.address = "127.0.0.1:4100";
    self.reason = participation::origin;
    self.enlisted_by = id_;
    self.enlisted_after_ns = 0;
    out.participants.push_back(self);
    self.who.id = machine_id{"m4"};
    self.reason = participation::copy_of_prefix;
    self.prefix = "/machines";
    self.acknowledged_after_ns = 250'000;
    out.participants.push_back(self);
    if (!behind.value.empty()) {
      self.who.id = machine_id{"m9"}; // enlisted before its switch is known
      self.enlisted_by = behind;
      out.participants.push_back(self);
      self.who.id = behind;
      self.enlisted_by = id_;
      out.participants.push_back(self);
    }
    stories_.push_back(std::move(out));
  }

  const machine_id id_{"m1"};
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, record> records_;
  std::map<std::string, std::pair<uint32_t, command_answer>> answers_;
  std::set<std::string> mirrors_;
  std::vector<story> stories_;
  std::shared_ptr<watcher_map> watchers_ = std::make_shared<watcher_map>();
  uint64_t last_ = 0;
  size_t reads_waiting_ = 0;
};

} // namespace muster::testing
