// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/waiting_room.hpp"
#include "tests/eventually.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <cerrno>
#include <thread>

using muster::waiting_room;

namespace {

/// A system call that fails as told.
struct disk {
  std::atomic<int> code{0};
  std::atomic<int> calls{0};

  int operator()() {
    ++calls;
    errno = code;
    return code == 0 ? 7 : -1;
  }
};

} // namespace

TEST_CASE("waiting room: nobody waits before it is open") {
  waiting_room room;
  disk calls;
  calls.code = ENOSPC;
  CHECK(room.repeat(calls) == -1);
  CHECK(errno == ENOSPC);
  CHECK(calls.calls == 1);
  CHECK_FALSE(room.occupied());
}

TEST_CASE("waiting room: another error is nothing to wait for") {
  waiting_room room;
  room.open();
  disk calls;
  calls.code = EIO;
  CHECK(room.repeat(calls) == -1);
  CHECK(errno == EIO);
}

TEST_CASE("waiting room: who waits goes on when there is room") {
  waiting_room room;
  room.open();
  disk calls;
  calls.code = GENERATE(ENOSPC, EDQUOT);
  std::thread writer{[&] { CHECK(room.repeat(calls) == 7); }};
  CHECK(muster::testing::eventually([&] { return room.occupied(); }));
  calls.code = 0;
  writer.join();
  CHECK_FALSE(room.occupied());
}

TEST_CASE("waiting room: its end ends all waits, with their error") {
  waiting_room room;
  room.open();
  disk calls;
  calls.code = ENOSPC;
  std::thread writer{[&] {
    CHECK(room.repeat(calls) == -1);
    CHECK(errno == ENOSPC);
  }};
  CHECK(muster::testing::eventually([&] { return room.occupied(); }));
  room.close();
  writer.join();
  CHECK_FALSE(room.occupied());
}
