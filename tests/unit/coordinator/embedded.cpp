// SPDX-License-Identifier: Apache-2.0

// What only the embedded coordinator does: its directory, and disk errors.

#include "tests/unit/coordinator/world.hpp"

#include <catch2/catch.hpp>
#include <leveldb/env.h>

#include <atomic>
#include <fstream>

using namespace muster;
using namespace muster::test;

namespace {

/// A disk whose fsync can be made to fail.
class failing_disk : public leveldb::EnvWrapper {
public:
  failing_disk() : EnvWrapper(leveldb::Env::Default()) {
    // nop
  }

  std::atomic<bool> is_broken{false};

  leveldb::Status NewWritableFile(const std::string& name,
                                  leveldb::WritableFile** x) override {
    leveldb::WritableFile* inner = nullptr;
    auto opened = target()->NewWritableFile(name, &inner);
    if (opened.ok())
      *x = new file{inner, is_broken};
    return opened;
  }

private:
  struct file : leveldb::WritableFile {
    file(leveldb::WritableFile* x, std::atomic<bool>& broken)
      : inner(x), is_broken(broken) {
      // nop
    }

    leveldb::Status Append(const leveldb::Slice& x) override {
      return inner->Append(x);
    }

    leveldb::Status Close() override {
      return inner->Close();
    }

    leveldb::Status Flush() override {
      return inner->Flush();
    }

    leveldb::Status Sync() override {
      return is_broken ? leveldb::Status::IOError("fsync") : inner->Sync();
    }

    std::unique_ptr<leveldb::WritableFile> inner;
    std::atomic<bool>& is_broken;
  };
};

} // namespace

TEST_CASE("keys and the revision survive a restart", "[embedded]") {
  embedded_world world;
  words{*world.c}.set("/a", "x");
  words{*world.c}.erase("/a");
  words{*world.c}.set("/b", "y");
  auto before = *words{*world.c}.range("/");
  world.c.reset();
  world.c = *embedded_coordinator::open(world.options(), world.clock);
  auto after = *words{*world.c}.range("/");
  CHECK(after.revision == before.revision);
  REQUIRE(after.entries.size() == 1);
  CHECK(after.entries[0].mod_revision == before.entries[0].mod_revision);
  CHECK(words{*world.c}.put("/c", "z")->revision == before.revision + 1);
}

TEST_CASE("bound keys do not outlive their process", "[embedded]") {
  embedded_world world;
  words{*world.c}.live(10s);
  words{*world.c}.set("/alive", "x", true);
  world.c.reset();
  world.c = *embedded_coordinator::open(world.options(), world.clock);
  CHECK(words{*world.c}.get("/alive") == "-");
  CHECK(*words{*world.c}.keep_alive(10s));
}

TEST_CASE("a directory has one coordinator", "[embedded]") {
  embedded_world world;
  auto second = embedded_coordinator::open(world.options(), world.clock);
  REQUIRE_FALSE(second);
  CHECK(second.failure().code == errc::in_use);
}

TEST_CASE("a directory that cannot be made is an error", "[embedded]") {
  embedded_world world;
  auto options = world.options();
  auto file = world.directory.path() / "file";
  std::ofstream{file} << "x";
  options.directory = file;
  auto x = embedded_coordinator::open(options, world.clock);
  REQUIRE_FALSE(x);
  CHECK(x.failure().code == errc::io);
}

TEST_CASE("after a failed fsync nothing is believed", "[embedded]") {
  failing_disk disk;
  embedded_world world;
  auto options = world.options();
  options.env = &disk;
  world.c.reset();
  world.c = *embedded_coordinator::open(options, world.clock);
  words w{*world.c};
  w.set("/a", "x");
  disk.is_broken = true;
  auto lost = w.put("/a", "y");
  REQUIRE_FALSE(lost);
  CHECK(lost.failure().code == errc::unknown);
  disk.is_broken = false;
  auto later = w.put("/a", "z");
  REQUIRE_FALSE(later);
  CHECK(later.failure().code == errc::unavailable);
  CHECK(w.get("/a") == "unavailable");
  world.c.reset();
}
