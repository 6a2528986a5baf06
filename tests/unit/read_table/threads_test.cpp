// SPDX-License-Identifier: Apache-2.0

// One writer, many readers, real threads; run it under thread sanitizer too.
//
// The history: command n sets /cmd/a to n; an odd n sets /cmd/b to n as well,
// an even n deletes it. So the cuts are (n, n) for odd and (n, absent) for even
// n. A read must be of a command that is not older than what was answered, or
// seen by any read that had ended, before the read began.

#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

#include <charconv>
#include <functional>
#include <mutex>
#include <thread>

using namespace muster;
using namespace muster::test;

namespace {

const std::vector<std::string> both_keys{"/cmd/a", "/cmd/b"};

void raise(std::atomic<uint64_t>& x, uint64_t to) {
  auto now = x.load();
  while (now < to && !x.compare_exchange_weak(now, to))
    ;
}

uint64_t number(std::string_view text) {
  uint64_t n = 0;
  std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

/// What is true of the history, kept apart from the table.
struct history {
  /// Newest command whose outcome was answered.
  std::atomic<uint64_t> answered{0};

  /// Newest command that was begun.
  std::atomic<uint64_t> begun{0};

  /// Newest command that a read saw which has ended.
  std::atomic<uint64_t> seen{0};

  uint64_t floor() const {
    return std::max(answered.load(), seen.load());
  }
};

/// One writer's actions and the readers that watch it.
struct scene : table_fixture {
  history past;
  std::atomic<bool> stop{false};
  std::atomic<uint64_t> served{0};
  std::mutex mutex;
  std::string first_fault;

  scene() {
    hold(0);
    // So many that a listing takes longer than a command: it is overtaken.
    for (int i = 0; i < 1'000; ++i)
      put(filler(i), "v");
  }

  static std::string filler(int i) {
    return "/filler/k" + std::to_string(i);
  }

  void fault(const std::string& text) {
    std::lock_guard guard{mutex};
    if (first_fault.empty())
      first_fault = text;
  }

  // -- writer -----------------------------------------------------------------

  /// The values of command `n`.
  void store(uint64_t n) {
    put("/cmd/a", std::to_string(n), n);
    if (n % 2 == 1)
      put("/cmd/b", std::to_string(n), n);
    else
      erase("/cmd/b");
  }

  /// A grant of everything as of command `n`.
  void hold(uint64_t n) {
    present = table.begin(shard, 2, term{1}, session{n + 1});
    store(n);
    table.install_prefix(shard, "/");
    lease(1h);
  }

  /// A command under a lease: marks, the answer, the values (W3, W4).
  void command() {
    auto n = past.begun.load() + 1;
    past.begun = n;
    invalidate(both_keys);
    past.answered = n;
    store(n);
  }

  /// The same with many more keys, which are marked first: there is time
  /// between the first mark and the last.
  void wide_command() {
    auto n = past.begun.load() + 1;
    past.begun = n;
    std::vector<std::string> keys;
    for (int i = 0; i < 100; ++i)
      keys.push_back(filler(i));
    keys.insert(keys.end(), both_keys.begin(), both_keys.end());
    invalidate(keys);
    past.answered = n;
    store(n);
    for (int i = 0; i < 100; ++i)
      put(filler(i), "v", n);
  }

  /// A command that this machine does not hear of.
  uint64_t unheard_command() {
    auto n = past.begun.load() + 1;
    past.begun = n;
    past.answered = n;
    return n;
  }

  /// Other keys come and go: growth, reused slots, garbage.
  void disturb(uint64_t i) {
    auto key = "/other/k" + std::to_string(i);
    invalidate({key});
    put(key, "v");
    if (i >= 50) {
      auto old = "/other/k" + std::to_string(i - 50);
      invalidate({old});
      erase(old);
    }
  }

  // -- readers ----------------------------------------------------------------

  void check(uint64_t from, uint64_t n, const char* what) {
    auto to = past.begun.load();
    if (n < from || n > to)
      fault(std::string{what} + " is of command " + std::to_string(n)
            + ", expected " + std::to_string(from) + " to "
            + std::to_string(to));
    raise(past.seen, n);
    ++served;
  }

  void read_a() {
    auto from = past.floor();
    uint64_t n = 0;
    auto x = table.read(shard, "/cmd/a",
                        [&](std::string_view value, sequence v) {
                          n = number(value);
                          if (n != v.value)
                            fault("value and version differ");
                        });
    if (x.kind == read_kind::served)
      check(from, n, "/cmd/a");
    else if (x.kind == read_kind::served_absent)
      fault("/cmd/a is never absent");
  }

  void read_b() {
    auto from = past.floor();
    uint64_t n = 0;
    auto x = table.read(shard, "/cmd/b", [&](std::string_view value, sequence) {
      n = number(value);
    });
    if (x.kind == read_kind::served)
      check(from, n, "/cmd/b");
    else if (x.kind == read_kind::served_absent)
      // Some even command from `from` on.
      check(from, from + from % 2, "the absence of /cmd/b");
  }

  void list_both() {
    auto from = past.floor();
    uint64_t a = 0;
    uint64_t b = 0;
    auto x = table.list(shard, "/cmd", [&](auto key, auto value, auto) {
      (key == "/cmd/a" ? a : b) = number(value);
    });
    if (x.kind != read_kind::served)
      return;
    if (b != (a % 2 == 1 ? a : 0))
      fault("not a cut: " + std::to_string(a) + " and " + std::to_string(b));
    check(from, a, "the listing");
  }

  void read_until_stopped() {
    while (!stop) {
      read_a();
      read_b();
      list_both();
    }
  }

  /// Runs `act(i)` until it ran `actions` times and the readers were served
  /// often enough, while readers read.
  void run(uint64_t actions, const std::function<void(uint64_t)>& act) {
    constexpr uint64_t served_enough = 300;
    auto deadline = std::chrono::steady_clock::now() + 60s;
    {
      std::vector<std::jthread> readers;
      for (int i = 0; i < 3; ++i)
        readers.emplace_back([this] { read_until_stopped(); });
      for (uint64_t i = 0; i < actions || served < served_enough; ++i) {
        act(i);
        if (std::chrono::steady_clock::now() > deadline)
          break;
      }
      stop = true;
    }
    CHECK(first_fault.empty());
    CHECK(served >= served_enough);
  }
};

constexpr uint64_t actions = 3'000;

} // namespace

TEST_CASE_METHOD(scene, "readers see cuts, never old after new", "[threads]") {
  run(actions, [this](uint64_t) { command(); });
}

TEST_CASE_METHOD(scene, "readers see cuts of commands with many keys",
                 "[threads]") {
  run(actions / 2, [this](uint64_t) { wide_command(); });
}

TEST_CASE_METHOD(scene, "readers see cuts while the table grows", "[threads]") {
  run(actions, [this](uint64_t i) {
    disturb(i);
    command();
  });
}

TEST_CASE_METHOD(scene, "nothing old is served after a revocation",
                 "[threads]") {
  run(actions, [this](uint64_t) {
    lease(-1h);
    auto n = unheard_command();
    invalidate(both_keys);
    store(n);
    lease(1h);
  });
}

TEST_CASE_METHOD(scene, "nothing old is served after the lease's end",
                 "[threads]") {
  run(actions, [this](uint64_t) {
    lease(1ms);
    clock.advance(1ms);
    auto n = unheard_command();
    invalidate(both_keys);
    store(n);
    lease(1h);
    command();
  });
}

TEST_CASE_METHOD(scene, "nothing old is served in a new tenure", "[threads]") {
  run(actions, [this](uint64_t i) {
    table.drop(shard);
    hold(unheard_command());
    if (i % 4 == 0)
      disturb(i);
    command();
  });
}

TEST_CASE_METHOD(scene, "nothing old is served after an eviction",
                 "[threads]") {
  run(actions, [this](uint64_t) {
    table.drop_prefix(shard, "/");
    table.evict(shard, "/cmd/a");
    table.evict(shard, "/cmd/b");
    store(unheard_command());
    table.install_prefix(shard, "/");
    command();
  });
}
