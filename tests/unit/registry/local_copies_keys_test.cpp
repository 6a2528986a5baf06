// SPDX-License-Identifier: Apache-2.0
#include "registry/local_copies.hpp"
#include "tests/unit/registry/effects.hpp"
#include "tests/unit/registry/plain_table.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;
using namespace std::chrono_literals;

namespace {

/// A holder of single keys of one shard, with a home of term 5. Memory has room
/// for two.
struct key_holder {
  const peer self{machine_id{"h"}, incarnation{3}};
  const peer home{machine_id{"home"}, incarnation{1}};
  local_copies copies{self, 1, options()};
  plain_table table;
  boot_time now{100s};
  copy_effects out;
  size_t seen = 0;
  std::set<std::string> read_by_users;

  static copy_options options() {
    copy_options out;
    out.keys.bytes_max = 2 * key_copies::cost_of("/a/x", "1");
    return out;
  }

  key_holder() {
    copies.watch_reads([this](shard_id, const std::string& key) {
      return read_by_users.erase(key) > 0;
    });
    assign(5);
  }

  void assign(uint64_t of, bool replica_here = false) {
    assignment x;
    x.of = term{of};
    x.at = epoch{of + replica_here};
    x.primary = home.id;
    x.primary_run = home.run;
    if (replica_here)
      x.in_sync.push_back({self.id, store_id{1}});
    copies.on_assignment(x, now, out);
  }

  void lease(uint64_t in) {
    cover what{shard_id{0}, cover_kind::copy, term{5}, session{in}};
    copies.on_lease_news({home, now + 100s, {what}, {}}, now, out);
  }

  void lose(uint64_t in) {
    cover what{shard_id{0}, cover_kind::copy, term{5}, session{in}};
    copies.on_lease_news({home, now + 100s, {}, {what}}, now, out);
  }

  flow link() const {
    return {shard_id{0}, term{5}, session{1}, self.run};
  }

  void offer(const std::string& key) {
    copies.on_message(home, copy_offer{link(), key}, now, out);
  }

  void grant(const std::string& key, const std::string& value,
             uint64_t number = 1, uint64_t as_of = 1) {
    copy_grant x{
      link(), grant_number{number}, key, sequence{as_of}, 0, true, {}, {},
      true};
    if (!value.empty())
      x.records.push_back({key, value, sequence{as_of}});
    copies.on_message(home, x, now, out);
  }

  void hold(const std::string& key, const std::string& value = "1",
            uint64_t number = 1) {
    lease(1);
    offer(key);
    grant(key, value, number);
  }

  void invalidates(const std::string& key, uint64_t at,
                   const std::string& value, uint64_t number = 1) {
    copies.on_message(home,
                      invalidate{link(),
                                 grant_number{number},
                                 sequence{at},
                                 {{key, value, value.empty()}}},
                      now, out);
  }

  void validates(uint64_t upto) {
    copies.on_message(home, validate{link(), sequence{upto}}, now, out);
  }

  void write(const std::string& key, uint64_t at, const std::string& value) {
    invalidates(key, at, value);
    validates(at);
  }

  std::string read(const std::string& key) {
    for (; seen < out.all.size(); ++seen)
      if (auto x = std::get_if<copy_effects::table>(&out.all[seen]))
        table.apply(x->what);
    auto found = table.read(key, now);
    return !found ? "silent" : found->absent ? "absent" : found->value;
  }

  template <class T>
  std::vector<T> sent() const {
    return messages_in<T>(out.all);
  }

  /// Whether the key was silent in the table before its home was told.
  bool silent_before_drop(const std::string& key) const {
    auto silent = false;
    for (auto& x : out.all) {
      if (auto t = std::get_if<copy_effects::table>(&x))
        if (auto e = std::get_if<publish_evict>(&t->what))
          silent = silent || e->key == key;
      auto s = std::get_if<send_effect>(&x);
      auto d = s ? std::get_if<copy_drop>(&s->what) : nullptr;
      if (d && d->prefix == key)
        return silent;
    }
    return false;
  }
};

} // namespace

TEST_CASE("key copy: what is offered is asked for and served") {
  key_holder x;
  x.lease(1);
  x.offer("/a/x");
  REQUIRE(x.sent<copy_request>().size() == 1);
  CHECK(x.sent<copy_request>()[0].exact);
  x.grant("/a/x", "1");
  CHECK(x.read("/a/x") == "1");
  CHECK(x.read("/a/x/y") == "silent");
  CHECK(x.read("/a/y") == "silent");
  CHECK(x.copies.key_probe().keys == 1);
}

TEST_CASE("key copy: the first of several begins the session") {
  key_holder x;
  x.offer("/a/x");
  x.offer("/a/y");
  REQUIRE(x.sent<copy_request>().size() == 1);
  x.lease(1);
  REQUIRE(x.sent<copy_request>().size() == 3);
  CHECK(x.sent<copy_request>()[1].link.in == session{1});
}

TEST_CASE("key copy: offers of others and of former terms are ignored") {
  key_holder x;
  x.lease(1);
  x.copies.on_message({machine_id{"other"}, incarnation{1}},
                      copy_offer{x.link(), "/a/x"}, x.now, x.out);
  auto former = x.link();
  former.of = term{4};
  x.copies.on_message(x.home, copy_offer{former, "/a/x"}, x.now, x.out);
  CHECK(x.sent<copy_request>().empty());
}

TEST_CASE("key copy: absence is known, until it is written") {
  key_holder x;
  x.hold("/a/x", "");
  CHECK(x.read("/a/x") == "absent");
  x.read_by_users = {"/a/x"};
  x.invalidates("/a/x", 2, "2");
  CHECK(x.read("/a/x") == "silent");
  x.validates(2);
  CHECK(x.read("/a/x") == "2");
  x.read_by_users = {"/a/x"};
  x.write("/a/x", 3, "");
  CHECK(x.read("/a/x") == "absent");
}

TEST_CASE("key copy: a change after the grant keeps it silent (D2, D3)") {
  key_holder x;
  x.hold("/a/x");
  x.invalidates("/a/x", 3, "3");
  x.grant("/a/x", "2", 2, 2);
  CHECK(x.read("/a/x") == "silent");
  x.validates(3);
  CHECK(x.read("/a/x") == "3");
}

TEST_CASE("key copy: a locked key is granted and silent (P2)") {
  key_holder x;
  x.lease(1);
  x.offer("/a/x");
  copy_grant grant{
    x.link(), grant_number{1}, "/a/x", sequence{1}, 0, true, {}, {}, true};
  grant.locked.push_back({"/a/x", sequence{1}});
  x.copies.on_message(x.home, grant, x.now, x.out);
  x.validates(1);
  CHECK(x.read("/a/x") == "silent");
}

TEST_CASE("key copy: written twice and not read, it is withdrawn") {
  key_holder x;
  x.hold("/a/x");
  x.write("/a/x", 2, "2");
  CHECK(x.read("/a/x") == "2");
  x.write("/a/x", 3, "3");
  CHECK(x.read("/a/x") == "silent");
  CHECK(x.silent_before_drop("/a/x"));
  CHECK(x.copies.key_probe().withdrawn == 1);
  CHECK(x.copies.key_probe().keys == 0);
  CHECK(x.copies.bytes() == 0);
}

TEST_CASE("key copy: read between writes, it stays") {
  key_holder x;
  x.hold("/a/x");
  for (uint64_t at = 2; at < 9; ++at) {
    x.read_by_users = {"/a/x"};
    x.write("/a/x", at, "v");
  }
  CHECK(x.read("/a/x") == "v");
}

TEST_CASE("key copy: a third one takes the place of one") {
  key_holder x;
  x.hold("/a/x", "1", 1);
  x.hold("/a/y", "2", 2);
  x.hold("/a/z", "3", 3);
  CHECK(x.read("/a/x") == "silent");
  CHECK(x.read("/a/z") == "3");
  CHECK(x.silent_before_drop("/a/x"));
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{1});
  CHECK(x.copies.key_probe().evicted == 1);
}

TEST_CASE("key copy: what grows too large makes others go, then itself") {
  key_holder x;
  x.hold("/a/x", "1", 1);
  x.hold("/a/y", "2", 2);
  x.write("/a/y", 3, std::string(100, 'y'));
  CHECK(x.read("/a/x") == "silent");
  x.write("/a/y", 4, std::string(10'000, 'y'));
  CHECK(x.read("/a/y") == "silent");
  CHECK(x.copies.key_probe().bytes == 0);
}

TEST_CASE("key copy: what is too large is not taken") {
  key_holder x;
  x.hold("/a/x", std::string(10'000, 'x'));
  CHECK(x.read("/a/x") == "silent");
  REQUIRE(x.sent<copy_drop>().size() == 1);
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{1});
}

TEST_CASE("key copy: a prefix takes the place of the keys below it") {
  key_holder x;
  x.hold("/a/x", "1", 1);
  x.hold("/b", "", 2);
  x.copies.pin("/a", x.now, x.out);
  x.copies.on_message(x.home,
                      copy_grant{x.link(),
                                 grant_number{3},
                                 "/a",
                                 sequence{1},
                                 0,
                                 true,
                                 {{"/a/x", "1", sequence{1}}}},
                      x.now, x.out);
  REQUIRE(x.sent<copy_drop>().size() == 1);
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{1});
  CHECK(x.read("/a/x") == "1");
  CHECK(x.copies.key_probe().keys == 1);
  x.copies.unpin("/a", x.out);
  CHECK(x.read("/a/x") == "silent");
  CHECK(x.read("/b") == "absent");
}

TEST_CASE("key copy: a key under a pinned prefix is not asked for") {
  key_holder x;
  x.lease(1);
  x.copies.pin("/a", x.now, x.out);
  auto before = x.sent<copy_request>().size();
  x.offer("/a/x");
  CHECK(x.sent<copy_request>().size() == before);
}

TEST_CASE("key copy: a grant that nobody waits for any more is given up") {
  key_holder x;
  x.lease(1);
  x.grant("/a/x", "1", 7);
  CHECK(x.read("/a/x") == "silent");
  REQUIRE(x.sent<copy_drop>().size() == 1);
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{7});
}

TEST_CASE("key copy: a grant that was lost is given up by its number (D2)") {
  key_holder x;
  x.lease(1);
  x.offer("/a/x");
  x.invalidates("/a/x", 2, "2", 7);
  CHECK(x.sent<invalidate_ack>().size() == 1);
  REQUIRE(x.sent<copy_drop>().size() == 1);
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{7});
}

TEST_CASE("key copy: without an answer it is asked for again") {
  key_holder x;
  x.lease(1);
  x.offer("/a/x");
  for (auto i = 0; i < 9; ++i) {
    x.now += 400ms;
    x.copies.on_tick(x.now, x.out);
  }
  CHECK(x.sent<copy_request>().size() == 3);
}

TEST_CASE("key copy: a lost validation is asked for again") {
  key_holder x;
  x.hold("/a/x");
  x.invalidates("/a/x", 2, "2");
  x.now += 3s;
  x.copies.on_tick(x.now, x.out);
  REQUIRE(x.sent<copy_request>().size() == 2);
  CHECK(x.sent<copy_request>()[1].exact);
  x.grant("/a/x", "2", 2, 2);
  CHECK(x.read("/a/x") == "2");
}

TEST_CASE("key copy: it goes with its lease, and with its primary") {
  key_holder x;
  x.hold("/a/x");
  x.lose(1);
  CHECK(x.read("/a/x") == "silent");
  CHECK(x.copies.key_probe().keys == 0);
  x.hold("/a/x", "1", 2);
  CHECK(x.read("/a/x") == "1");
  x.assign(9);
  CHECK(x.read("/a/x") == "silent");
  CHECK(x.copies.bytes() == 0);
}

TEST_CASE("key copy: who becomes a replica gives all of them up") {
  key_holder x;
  x.hold("/a/x", "1", 1);
  x.hold("/a/y", "1", 2);
  x.assign(5, true);
  CHECK(x.sent<copy_drop>().size() == 2);
  CHECK(x.read("/a/x") == "silent");
}

TEST_CASE("key copy: what was given up and comes again is not taken (D2)") {
  key_holder x;
  x.hold("/a/x");
  x.write("/a/x", 2, "2");
  x.write("/a/x", 3, "3");
  REQUIRE(x.copies.key_probe().withdrawn == 1);
  x.offer("/a/x"); // asked for anew; the former grant comes once more
  x.grant("/a/x", "1");
  CHECK(x.read("/a/x") == "silent");
}

TEST_CASE("key copy: what a prefix brings is not offered twice") {
  key_holder x;
  x.lease(1);
  x.copies.pin("/a", x.now, x.out);
  x.offer("/a/x");
  for (auto& asked : x.sent<copy_request>())
    CHECK(!asked.exact);
}
