// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/level_store.hpp"
#include "tests/unit/store/store_fixture.hpp"

#include <leveldb/db.h>

using namespace muster;
using namespace muster::test;
using entries = std::vector<std::string>;

TEST_CASE_METHOD(store_fixture, "a new store is empty and keeps its id") {
  CHECK(recovered.empty());
  auto id = db->id();
  CHECK(id.value != 0);
  reopen();
  CHECK(db->id() == id);
}

TEST_CASE_METHOD(store_fixture, "entries come back after reopening") {
  REQUIRE(write({append(1, 1, "a"), append(2, 1, "x"), append(1, 2, "b")}));
  REQUIRE(write({append(1, 3, "")}));
  reopen();
  CHECK(shard(1).entries == entries{"a", "b", ""});
  CHECK(shard(2).entries == entries{"x"});
  REQUIRE(write({append(1, 4, "d")}));
  reopen();
  CHECK(shard(1).entries == entries{"a", "b", "", "d"});
}

TEST_CASE_METHOD(store_fixture, "a truncation cuts the tail") {
  REQUIRE(write({append(1, 1, "a"), append(1, 2, "b"), append(1, 3, "c")}));
  REQUIRE(write({truncate(1, 1), append(1, 2, "B")}));
  reopen();
  CHECK(shard(1).entries == entries{"a", "B"});
}

TEST_CASE_METHOD(store_fixture, "meta survives checkpoints and resets") {
  REQUIRE(write({meta(1, "term 1"), append(1, 1, "a")}));
  REQUIRE(write({meta(1, "term 2")}));
  REQUIRE(checkpoint(1, 1));
  reopen();
  CHECK(shard(1).meta == "term 2");
  REQUIRE(write({reset(1, 10)}));
  reopen();
  CHECK(shard(1).meta == "term 2");
  CHECK(shard(1).checkpoint == sequence{10});
}

TEST_CASE_METHOD(store_fixture, "a checkpoint replaces entries by rows") {
  REQUIRE(write({append(1, 1, "a"), append(1, 2, "b"), append(1, 3, "c")}));
  REQUIRE(checkpoint(1, 2, {{"/k", "1", false}, {"/l", "2", false}}));
  REQUIRE(checkpoint(1, 2, {{"/k", "", true}}));
  reopen();
  CHECK(shard(1).checkpoint == sequence{2});
  CHECK(shard(1).entries == entries{"c"});
  REQUIRE(shard(1).rows.size() == 1);
  CHECK(shard(1).rows[0].key == "/l");
}

TEST_CASE_METHOD(store_fixture, "rows are sorted by key and apart by shard") {
  REQUIRE(write({append(1, 1, "a"), append(256, 1, "a")}));
  REQUIRE(checkpoint(1, 1, {{"b", "2", false}, {"a", "1", false}}));
  REQUIRE(checkpoint(256, 1, {{"", "3", false}}));
  reopen();
  REQUIRE(shard(1).rows.size() == 2);
  CHECK(shard(1).rows[0].key == "a");
  CHECK(shard(256).rows.size() == 1);
}

TEST_CASE_METHOD(store_fixture, "a reset forgets rows and log") {
  REQUIRE(write({append(1, 1, "a")}));
  REQUIRE(checkpoint(1, 1, {{"/old", "1", false}}));
  REQUIRE(write({append(1, 2, "b"), reset(1, 7)}));
  reopen();
  CHECK(shard(1).rows.empty());
  CHECK(shard(1).checkpoint == sequence{7});
  REQUIRE(write({append(1, 8, "h")}));
  REQUIRE(checkpoint(1, 7, {{"/new", "2", false}}));
  reopen();
  CHECK(shard(1).entries == entries{"h"});
  REQUIRE(shard(1).rows.size() == 1);
  CHECK(shard(1).rows[0].key == "/new");
}

TEST_CASE_METHOD(store_fixture, "a checkpoint given before a reset is undone") {
  REQUIRE(write({append(1, 1, "a")}));
  // No waiting in between: both may end up in one group.
  db->checkpoint({shard_id{1}, sequence{1}, {{"/old", "1", false}}},
                 [](const status&) {});
  db->write({reset(1, 0)}, [](const status&) {});
  REQUIRE(checkpoint(1, 0, {{"/new", "2", false}}));
  reopen();
  REQUIRE(shard(1).rows.size() == 1);
  CHECK(shard(1).rows[0].key == "/new");
}

TEST_CASE_METHOD(store_fixture, "callbacks come in the order of the calls") {
  std::vector<int> seen;
  std::promise<void> done;
  for (auto i = 0; i < 1000; ++i)
    db->write({append(1, static_cast<uint64_t>(i) + 1, "entry")},
              [&, i](const status& x) {
                CHECK(x);
                seen.push_back(i);
                if (i == 999)
                  done.set_value();
              });
  done.get_future().wait();
  CHECK(std::is_sorted(seen.begin(), seen.end()));
  CHECK(seen.size() == 1000);
  CHECK(db->probe().groups_count < 1000);
  CHECK(db->probe().changes_count == 1000);
  CHECK(db->backlog_bytes() == 0);
}

TEST_CASE_METHOD(store_fixture, "the end of a store drains its queue") {
  auto answered = 0;
  for (auto i = uint64_t{1}; i <= 500; ++i)
    db->write({append(1, i, "entry")},
              [&](const status& x) { answered += x ? 1 : 0; });
  reopen();
  CHECK(answered == 500);
  CHECK(shard(1).entries.size() == 500);
}

TEST_CASE_METHOD(store_fixture, "groups end at their limit") {
  db.reset();
  options.group_bytes_max = 1024;
  reopen();
  std::promise<void> done;
  for (auto i = uint64_t{1}; i <= 64; ++i)
    db->write({append(1, i, std::string(500, 'x'))}, [&, i](const status&) {
      if (i == 64)
        done.set_value();
    });
  done.get_future().wait();
  CHECK(db->probe().groups_count >= 64);
}

TEST_CASE("a group waits for more under load only") {
  using std::chrono::microseconds;
  level_store_options options;
  auto few = options.gather_changes - 1;
  auto many = options.gather_changes;
  CHECK(level_store::gather_time(options, few, microseconds{400}).count() == 0);
  CHECK(level_store::gather_time(options, many, microseconds{400})
        == microseconds{800});
  CHECK(level_store::gather_time(options, many, microseconds{90'000})
        == options.gather_time_max);
}

TEST_CASE_METHOD(store_fixture, "a gap is refused and ends the store") {
  REQUIRE(write({append(1, 1, "a")}));
  CHECK(code_of(write({append(1, 3, "c")})) == errc::invalid_argument);
  CHECK(code_of(write({append(1, 2, "b")})) == errc::io);
  CHECK(code_of(checkpoint(1, 1)) == errc::io);
  reopen();
  CHECK(shard(1).entries == entries{"a"});
}

TEST_CASE_METHOD(store_fixture, "a checkpoint beyond the log is refused") {
  CHECK(code_of(checkpoint(1, 1)) == errc::invalid_argument);
}

TEST_CASE_METHOD(store_fixture, "a meta above its limit is refused") {
  REQUIRE(write({meta(1, std::string(log_index::meta_bytes_max, 'm'))}));
  auto more = std::string(log_index::meta_bytes_max + 1, 'm');
  CHECK(code_of(write({meta(1, more)})) == errc::invalid_argument);
}

TEST_CASE_METHOD(store_fixture, "a store that is open elsewhere is in use") {
  auto second = level_store::open(options);
  REQUIRE(!second);
  CHECK(second.failure().code == errc::in_use);
}

namespace {

size_t count_groups(const std::string& directory) {
  leveldb::DB* raw = nullptr;
  REQUIRE(leveldb::DB::Open({}, directory, &raw).ok());
  std::unique_ptr<leveldb::DB> db{raw};
  std::unique_ptr<leveldb::Iterator> i{db->NewIterator({})};
  auto count = size_t{0};
  for (i->Seek("g/"); i->Valid() && i->key().starts_with("g/"); i->Next())
    ++count;
  return count;
}

} // namespace

TEST_CASE_METHOD(store_fixture, "groups below all floors are deleted") {
  for (auto i = uint64_t{1}; i <= 10; ++i)
    REQUIRE(write({append(1, i, "a"), meta(2, "m")}));
  REQUIRE(checkpoint(1, 9));
  db.reset();
  CHECK(count_groups(options.directory) == 1);
  reopen();
  CHECK(shard(1).entries.size() == 1);
  CHECK(shard(2).meta == "m");
}

TEST_CASE_METHOD(store_fixture, "group numbers are not used twice") {
  REQUIRE(write({append(1, 1, "a")}));
  REQUIRE(checkpoint(1, 1));
  REQUIRE(write({append(2, 1, "a")}));
  REQUIRE(checkpoint(2, 1));
  reopen();
  REQUIRE(write({append(1, 2, "b")}));
  reopen();
  CHECK(shard(1).entries == entries{"b"});
}

TEST_CASE_METHOD(store_fixture, "the owner's note stays, now and later",
                 "[store]") {
  CHECK(db->note()->empty());
  REQUIRE(db->set_note("first"));
  REQUIRE(write({append(1, 1, "entry")}));
  db->set_note_later("second");
  reopen(); // its end writes what waits
  auto note = db->note();
  REQUIRE(note);
  CHECK(*note == "second");
  CHECK(shard(1).entries.size() == 1);
}
