// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;

TEST_CASE_METHOD(table_fixture, "shard without tenure is not held",
                 "[read_table]") {
  put("/a", "v");
  table.install_prefix(shard, "/");
  CHECK(get("/a") == "not held");
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(table_fixture, "shard that does not exist is not held",
                 "[read_table]") {
  auto ignore = [](auto&&...) {};
  CHECK(table.read(shard_id{2}, "/a", ignore).kind == read_kind::not_held);
  CHECK(table.list(shard_id{2}, "/", ignore).kind == read_kind::not_held);
}

TEST_CASE_METHOD(table_fixture, "read reports value, version, source and term",
                 "[read_table]") {
  begin();
  put("/a", "v", 3);
  std::string seen;
  auto x = table.read(shard, "/a", [&](std::string_view value, sequence of) {
    seen = std::string{value} + std::to_string(of.value);
  });
  CHECK(seen == "v3");
  CHECK(x.served_from == 2);
  CHECK(x.of == term{7});
}

TEST_CASE_METHOD(table_fixture, "copy of one key says nothing about others",
                 "[read_table]") {
  begin();
  put("/a", "v");
  CHECK(get("/a") == "v@1");
  CHECK(get("/b") == "not held");
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(table_fixture, "buffer stays as it was unless served",
                 "[read_table]") {
  begin();
  std::string value = "before";
  sequence version{9};
  table.copy_to(shard, "/a", value, version);
  CHECK(value == "before");
  CHECK(version == sequence{9});
}

TEST_CASE_METHOD(table_fixture, "empty value is served", "[read_table]") {
  begin();
  put("/a", "");
  CHECK(get("/a") == "@1");
}

TEST_CASE_METHOD(table_fixture, "invalid key is silent until its outcome",
                 "[read_table]") {
  begin_whole();
  put("/a", "old", 1);
  invalidate({"/a"});
  CHECK(get("/a") == "invalid");
  CHECK(list("/") == "invalid");
  put("/a", "new", 2);
  CHECK(get("/a") == "new@2");
  CHECK(list("/") == "/a=new@2");
}

TEST_CASE_METHOD(table_fixture, "aborted command brings the old value back",
                 "[read_table]") {
  begin_whole();
  put("/a", "old", 1);
  invalidate({"/a", "/b"});
  put("/a", "old", 1);
  erase("/b");
  CHECK(list("/") == "/a=old@1");
  CHECK(get("/b") == "absent");
}

TEST_CASE_METHOD(table_fixture, "new key is invalid under a held prefix only",
                 "[read_table]") {
  begin();
  table.install_prefix(shard, "/in");
  invalidate({"/in/a", "/out"});
  CHECK(get("/in/a") == "invalid");
  CHECK(get("/out") == "not held");
}

TEST_CASE_METHOD(table_fixture, "deleted key is invalid, then absent",
                 "[read_table]") {
  begin();
  put("/a", "v");
  invalidate({"/a"});
  CHECK(get("/a") == "invalid");
  erase("/a");
  CHECK(get("/a") == "absent");
  invalidate({"/a"});
  CHECK(get("/a") == "invalid");
}

TEST_CASE_METHOD(table_fixture, "listing is sorted and skips deleted keys",
                 "[read_table]") {
  begin();
  put("/c", "3", 3);
  put("/a", "1", 1);
  put("/b", "2", 2);
  erase("/b");
  table.install_prefix(shard, "/");
  CHECK(list("/") == "/a=1@1 /c=3@3");
  CHECK(list("/nothing").empty());
}

TEST_CASE_METHOD(table_fixture, "prefix ends at a segment", "[read_table]") {
  begin();
  put("/m/m1", "1");
  put("/m/m1/load", "2");
  put("/m/m10", "3");
  table.install_prefix(shard, "/m/m1/");
  CHECK(list("/m/m1") == "/m/m1=1@1 /m/m1/load=2@1");
  CHECK(list("/m/m1/load/") == "/m/m1/load=2@1");
  CHECK(list("/m") == "not held");
  CHECK(get("/m/m1/other") == "absent");
  CHECK(get("/m/m10/other") == "not held");
  CHECK(get("/m/m11") == "not held");
}

TEST_CASE_METHOD(table_fixture, "dropped prefix keeps its records",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  table.drop_prefix(shard, "/");
  CHECK(list("/") == "not held");
  CHECK(get("/b") == "not held");
  CHECK(get("/a") == "v@1");
}

TEST_CASE_METHOD(table_fixture, "dropped prefix takes its absences along",
                 "[read_table]") {
  begin_whole();
  put("/a/x", "v");
  table.erase(shard, "/a/x");
  put("/b/x", "v");
  table.erase(shard, "/b/x");
  table.install_prefix(shard, "/b");
  table.drop_prefix(shard, "/");
  CHECK(get("/a/x") == "not held");
  CHECK(get("/b/x") == "absent");
}

TEST_CASE_METHOD(table_fixture, "narrower prefix outlives the wider one",
                 "[read_table]") {
  begin_whole();
  table.install_prefix(shard, "/a");
  table.drop_prefix(shard, "/");
  CHECK(list("/a").empty());
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(table_fixture, "evicted key is neither there nor absent",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  table.drop_prefix(shard, "/");
  table.evict(shard, "/a");
  table.evict(shard, "/never-there");
  CHECK(get("/a") == "not held");
}

TEST_CASE_METHOD(table_fixture, "eviction takes the covering prefix along",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  table.evict(shard, "/a");
  CHECK(get("/a") == "not held");
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(table_fixture, "nothing is served at the end of the lease",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  clock.advance(10s - 1ms);
  CHECK(get("/a") == "v@1");
  CHECK(get("/b") == "absent");
  clock.advance(1ms);
  CHECK(get("/a") == "lease over");
  CHECK(get("/b") == "lease over");
  CHECK(list("/") == "lease over");
  lease(1s);
  CHECK(get("/a") == "v@1");
}

TEST_CASE_METHOD(table_fixture, "revoked lease serves nothing",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  lease(-1s);
  CHECK(get("/a") == "lease over");
  CHECK(list("/") == "lease over");
}

TEST_CASE_METHOD(table_fixture, "tenure begins without a lease",
                 "[read_table]") {
  begin_whole();
  auto next = table.begin(shard, 1, term{8}, session{2});
  table.put(shard, "/a", "v", sequence{1});
  CHECK(get("/a") == "lease over");
  table.set_lease(shard, next, clock.now() + 1s);
  CHECK(get("/a") == "v@1");
}

TEST_CASE_METHOD(table_fixture, "new tenure drops all copies", "[read_table]") {
  begin_whole();
  put("/a", "v");
  begin();
  CHECK(get("/a") == "not held");
  CHECK(list("/") == "not held");
}

TEST_CASE_METHOD(table_fixture, "lease of an older tenure is ignored",
                 "[read_table]") {
  begin();
  auto old = present;
  begin();
  put("/a", "v");
  table.set_lease(shard, old, clock.now() - 1s);
  CHECK(get("/a") == "v@1");
  lease(-1s);
  table.set_lease(shard, old, clock.now() + 1s);
  CHECK(get("/a") == "lease over");
}

TEST_CASE_METHOD(table_fixture, "dropped shard holds nothing", "[read_table]") {
  begin_whole();
  put("/a", "v");
  table.drop(shard);
  lease(1s);
  CHECK(get("/a") == "not held");
  table.drop(shard);
  CHECK(table.probe().records == 0);
}

TEST_CASE_METHOD(table_fixture, "shards do not see each other",
                 "[read_table]") {
  begin_whole();
  put("/a", "v");
  auto of = table.begin(shard_id{1}, 0, term{9}, session{3});
  table.set_lease(shard_id{1}, of, clock.now() + 1s);
  auto ignore = [](auto&&...) {};
  CHECK(table.read(shard_id{1}, "/a", ignore).kind == read_kind::not_held);
  table.drop(shard_id{1});
  CHECK(get("/a") == "v@1");
}

TEST_CASE_METHOD(table_fixture, "visitor may read again", "[read_table]") {
  begin_whole();
  put("/a", "v");
  put("/b", "w");
  std::string inner;
  table.read(shard, "/a", [&](std::string_view value, sequence) {
    inner = get("/b");
    put("/a", "changed", 2);
    table.reclaim();
    inner += value;
  });
  CHECK(inner == "w@1v");
  CHECK(get("/a") == "changed@2");
}
