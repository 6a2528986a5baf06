// SPDX-License-Identifier: Apache-2.0

// What a store says about files that a crash or a disk has changed.

#include "runtime/store/set_aside.hpp"
#include "tests/eventually.hpp"
#include "tests/unit/store/store_fixture.hpp"

#include <leveldb/env.h>

#include <fstream>
#include <iterator>

using namespace muster;
using namespace muster::test;
namespace fs = std::filesystem;

namespace {

std::string read_file(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void write_file(const fs::path& path, const std::string& bytes) {
  std::ofstream{path, std::ios::binary} << bytes;
}

/// A store that was closed after ten groups; breaks copies of it.
struct damage_fixture : store_fixture {
  std::mt19937_64 random{7};
  fs::path pristine = scratch.path() / "pristine";

  /// All of it is in LevelDB's log.
  void fill(uint64_t groups = 10) {
    for (auto i = uint64_t{1}; i <= groups; ++i)
      REQUIRE(write({append(1, i, body(i))}));
    db.reset();
    fs::copy(options.directory, pristine);
  }

  static std::string body(uint64_t i) {
    return std::string(700, static_cast<char>('a' + i % 26));
  }

  void restore() {
    db.reset();
    fs::remove_all(options.directory);
    fs::copy(pristine, options.directory);
  }

  fs::path log() const {
    return scratch.files(".log").back();
  }

  /// The recovered entries are the first ones that were written.
  bool is_prefix() const {
    auto found = shard(1).entries;
    for (auto i = size_t{0}; i < found.size(); ++i)
      if (found[i] != body(i + 1))
        return false;
    return true;
  }
};

} // namespace

TEST_CASE_METHOD(damage_fixture, "a torn tail is cut at any length") {
  fill();
  auto whole = read_file(log());
  for (auto n = 0; n < 60; ++n) {
    restore();
    fs::resize_file(log(), random() % whole.size());
    auto done = try_reopen();
    // Whole groups are gone: LevelDB cannot know, the shard's peers do.
    if (!done)
      FAIL(done.failure().message);
    REQUIRE(is_prefix());
    REQUIRE(shard(1).entries.size() < 10);
  }
}

TEST_CASE_METHOD(damage_fixture, "a torn tail with a lost sector is cut") {
  fill();
  auto bytes = read_file(log());
  auto last = bytes.rfind(body(10));
  auto sector = (last / 512 + 1) * 512;
  REQUIRE(sector < last + 700);
  bytes.replace(sector, std::min(bytes.size() - sector, size_t{512}), 512,
                '\0');
  write_file(log(), bytes);
  REQUIRE(try_reopen());
  CHECK(is_prefix());
  CHECK(shard(1).entries.size() == 9);
  REQUIRE(write({append(1, 10, "again")}));
}

TEST_CASE_METHOD(damage_fixture, "zeros that a crash leaves are no damage") {
  for (auto i = uint64_t{1}; i <= 400; ++i)
    REQUIRE(write({append(1, i, body(i))}));
  fs::copy(options.directory, pristine); // as if the process were killed here
  restore();
  auto bytes = read_file(log());
  CHECK(bytes.size() % options.log_extent_bytes != 0);
  CHECK(bytes.ends_with(std::string(1000, '\0')));
  reopen();
  CHECK(shard(1).entries.size() == 400);
  CHECK(is_prefix());
}

TEST_CASE_METHOD(damage_fixture, "a closed log has no zeros at its end") {
  fill();
  CHECK_FALSE(read_file(log()).ends_with(std::string(16, '\0')));
}

TEST_CASE_METHOD(damage_fixture, "a lost sector in the middle is damage") {
  fill();
  auto bytes = read_file(log());
  auto sector = (bytes.find(body(5)) / 512 + 1) * 512;
  bytes.replace(sector, 512, 512, '\0');
  write_file(log(), bytes);
  CHECK(code_of(try_reopen()) == errc::corrupt);
}

TEST_CASE_METHOD(damage_fixture, "a flipped bit of the log is found") {
  fill();
  auto whole = read_file(log());
  for (auto n = 0; n < 300; ++n) {
    restore();
    auto bytes = whole;
    auto at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    write_file(log(), bytes);
    INFO("offset " << at << " of " << bytes.size());
    CHECK(code_of(try_reopen()) == errc::corrupt);
  }
}

TEST_CASE_METHOD(damage_fixture, "each bit of the last header is guarded") {
  fill(3);
  auto whole = read_file(log());
  // Record header, LevelDB's batch header, put tag, key and length, envelope.
  auto header = whole.find(body(3)) - 21 - 16 - 2 - 10 - 1 - 1 - 12 - 7;
  for (auto bit = size_t{0}; bit < 7 * 8; ++bit) {
    restore();
    auto bytes = whole;
    bytes[header + bit / 8]
      = static_cast<char>(bytes[header + bit / 8] ^ (1 << bit % 8));
    write_file(log(), bytes);
    INFO("bit " << bit);
    CHECK(code_of(try_reopen()) == errc::corrupt);
  }
}

TEST_CASE_METHOD(damage_fixture, "a flipped bit of a table is found") {
  fill();
  reopen(); // moves the log's content to a table
  db.reset();
  fs::remove_all(pristine);
  fs::copy(options.directory, pristine);
  auto table = scratch.files(".ldb").at(0);
  auto whole = read_file(table);
  auto silent = 0;
  for (auto n = 0; n < 200; ++n) {
    restore();
    auto bytes = whole;
    auto at = random() % bytes.size();
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    write_file(table, bytes);
    if (auto done = try_reopen()) {
      ++silent; // the footer's padding and the unused filter index
      REQUIRE(shard(1).entries.size() == 10);
      REQUIRE(is_prefix());
    }
  }
  CHECK(silent < 20);
}

TEST_CASE_METHOD(damage_fixture, "a lost table or CURRENT is found") {
  fill();
  reopen();
  db.reset();
  fs::remove(fs::path{options.directory} / "CURRENT");
  CHECK(code_of(try_reopen()) == errc::corrupt);
  restore();
  reopen();
  db.reset();
  for (auto& table : scratch.files(".ldb"))
    fs::remove(table);
  CHECK(code_of(try_reopen()) == errc::corrupt);
}

namespace {

/// A disk whose syncs of log files fail from some moment on.
struct failing_env : leveldb::EnvWrapper {
  struct file : leveldb::WritableFile {
    leveldb::WritableFile* inner;
    const bool* failing;

    file(leveldb::WritableFile* x, const bool* y) : inner(x), failing(y) {}

    ~file() override {
      delete inner;
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
      return *failing ? leveldb::Status::IOError("sync", "no more disk")
                      : inner->Sync();
    }
  };

  bool failing = false;

  failing_env() : EnvWrapper(leveldb::Env::Default()) {}

  leveldb::Status NewWritableFile(const std::string& name,
                                  leveldb::WritableFile** result) override {
    auto done = target()->NewWritableFile(name, result);
    if (done.ok())
      *result = new file{*result, &failing};
    return done;
  }
};

} // namespace

TEST_CASE_METHOD(store_fixture, "a failed sync is the end of the store") {
  failing_env env;
  db.reset();
  options.env = &env;
  reopen();
  REQUIRE(write({append(1, 1, "a")}));
  env.failing = true;
  CHECK(code_of(write({append(1, 2, "b")})) == errc::io);
  env.failing = false;
  CHECK(code_of(write({append(1, 2, "b")})) == errc::io);
  CHECK(code_of(try_reopen()) == errc::corrupt);
  CHECK(why_given_up(options.directory).value()
        == "IO error: sync: no more disk");
}

TEST_CASE_METHOD(store_fixture, "a store given up is good for who trusts it") {
  REQUIRE(write({append(1, 1, "a")}));
  REQUIRE(give_up(options.directory, "a reason"));
  auto done = try_reopen();
  CHECK(code_of(done) == errc::corrupt);
  CHECK(done.failure().message.ends_with("was given up: a reason"));
  fs::remove(fs::path{options.directory} / given_up_file);
  REQUIRE(try_reopen());
  CHECK(shard(1).entries.at(0) == "a");
}

TEST_CASE_METHOD(store_fixture, "a mark without its reason counts") {
  db.reset();
  write_file(fs::path{options.directory} / given_up_file, "");
  CHECK(code_of(try_reopen()) == errc::corrupt);
}

TEST_CASE_METHOD(store_fixture, "a broken contract leaves the store usable") {
  REQUIRE(write({append(1, 1, "a")}));
  CHECK_FALSE(write({append(1, 3, "c")}));
  CHECK(db->failed());
  REQUIRE(try_reopen());
  CHECK(shard(1).entries.size() == 1);
}

TEST_CASE_METHOD(store_fixture, "a failed store says so") {
  failing_env env;
  db.reset();
  options.env = &env;
  reopen();
  CHECK_FALSE(db->failed());
  env.failing = true;
  CHECK(code_of(write({append(1, 1, "a")})) == errc::io);
  CHECK(muster::testing::eventually([&] { return db->failed(); }));
  db.reset();
}

TEST_CASE_METHOD(store_fixture, "a full disk holds writes until it has room") {
  std::atomic<uint64_t> free{1000};
  db.reset();
  options.reserve_bytes = 100;
  options.free_bytes = [&] { return free.load(); };
  reopen();
  REQUIRE(write({append(1, 1, "a")}));
  CHECK_FALSE(db->full());
  free = 99; // new commands are refused, those under way are written
  REQUIRE(write({append(1, 2, "b")}));
  CHECK(db->full());
  CHECK_FALSE(db->waits_for_room());
  free = 24;
  std::atomic<bool> written{false};
  db->write({append(1, 3, "c")}, [&](const status& x) { written = bool{x}; });
  db->write({append(1, 4, "d")}, [](const status&) {});
  CHECK(db->full());
  CHECK(muster::testing::eventually([&] { return db->waits_for_room(); }));
  CHECK_FALSE(written);
  free = 1000;
  CHECK(muster::testing::eventually([&] { return written && !db->full(); }));
  CHECK_FALSE(db->waits_for_room());
  REQUIRE(write({append(1, 5, "e")}));
  reopen();
  CHECK(shard(1).entries.size() == 5);
  db.reset();
}

TEST_CASE_METHOD(store_fixture, "an idle store notices that there is room") {
  std::atomic<uint64_t> free{50};
  db.reset();
  options.reserve_bytes = 100;
  options.free_bytes = [&] { return free.load(); };
  reopen();
  REQUIRE(write({append(1, 1, "a")}));
  CHECK(db->full());
  free = 1000;
  CHECK(muster::testing::eventually([&] { return !db->full(); }));
  db.reset();
}

TEST_CASE_METHOD(store_fixture, "a store that is set aside leaves a new one") {
  auto before = db->id();
  REQUIRE(write({append(1, 1, "a")}));
  db.reset();
  for (auto n : {"1", "2"}) {
    auto moved = set_aside(options.directory, "because");
    REQUIRE(moved);
    CHECK(*moved == options.directory + ".damaged-" + n);
    CHECK(why_given_up(*moved).value() == "because");
    reopen();
    CHECK(db->id() != before);
    CHECK(recovered.empty());
    db.reset();
  }
  options.directory += ".damaged-1";
  fs::remove(fs::path{options.directory} / given_up_file);
  reopen();
  CHECK(db->id() == before);
}
