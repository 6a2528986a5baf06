// SPDX-License-Identifier: Apache-2.0
#include "registry/local_copies.hpp"
#include "tests/unit/registry/effects.hpp"
#include "tests/unit/registry/plain_table.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace muster::test;
using namespace std::chrono_literals;

namespace {

/// One holder of "/a", with a home of term 5 and an open-ended lease.
struct holder {
  const peer self{machine_id{"h"}, incarnation{3}};
  const peer home{machine_id{"home"}, incarnation{1}};
  local_copies copies;
  plain_table table;
  boot_time now{100s};
  copy_effects out;
  size_t seen = 0;

  static copy_options limited(size_t bytes_max) {
    copy_options out;
    out.bytes_max = bytes_max;
    return out;
  }

  explicit holder(size_t bytes_max = copy_options{}.bytes_max)
    : copies(self, 1, limited(bytes_max)) {
    assign(5);
    copies.pin("/a", now, out);
  }

  void assign(uint64_t of) {
    assignment x;
    x.of = term{of};
    x.at = epoch{of};
    x.primary = home.id;
    x.primary_run = home.run;
    copies.on_assignment(x, now, out);
  }

  cover covering(uint64_t in, uint64_t of = 5) const {
    return {shard_id{0}, cover_kind::copy, term{of}, session{in}};
  }

  void lease(uint64_t in, uint64_t of = 5) {
    copies.on_lease_news({home, now + 100s, {covering(in, of)}, {}}, now, out);
  }

  void lose(uint64_t in) {
    copies.on_lease_news({home, now + 100s, {}, {covering(in)}}, now, out);
  }

  flow link(uint64_t in = 1, uint64_t of = 5) const {
    return {shard_id{0}, term{of}, session{in}, self.run};
  }

  void grant(const std::vector<listed_record>& records, uint64_t number = 1,
             uint64_t as_of = 1, flow of = {}) {
    copies.on_message(home,
                      copy_grant{of == flow{} ? link() : of,
                                 grant_number{number}, "/a", sequence{as_of}, 0,
                                 true, records},
                      now, out);
  }

  void hold() {
    lease(1);
    grant({{"/a/x", "1", sequence{1}}});
  }

  void invalidates(uint64_t at, const std::string& value, flow of = {}) {
    copies.on_message(home,
                      invalidate{of == flow{} ? link() : of,
                                 grant_number{1},
                                 sequence{at},
                                 {{"/a/x", value, value.empty()}}},
                      now, out);
  }

  void validates(uint64_t upto) {
    copies.on_message(home, validate{link(), sequence{upto}}, now, out);
  }

  std::string read(const std::string& key = "/a/x") {
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
};

} // namespace

TEST_CASE("copy: the session comes first, then the records") {
  holder x;
  CHECK(x.sent<copy_request>().back().link.in == session{0});
  x.grant({{"/a/x", "1", sequence{1}}});
  CHECK(x.read() == "silent");
  x.lease(1);
  CHECK(x.sent<copy_request>().back().link.in == session{1});
  x.grant({{"/a/x", "1", sequence{1}}});
  CHECK(x.read() == "1");
  CHECK(x.read("/a/y") == "absent");
  CHECK(x.copies.installed("/a"));
}

TEST_CASE("copy: it is marked before it is acknowledged (W3)") {
  holder x;
  x.hold();
  auto before = x.out.all.size();
  x.invalidates(2, "2");
  REQUIRE(x.out.all.size() == before + 2);
  CHECK(std::holds_alternative<copy_effects::table>(x.out.all[before]));
  CHECK(std::holds_alternative<send_effect>(x.out.all[before + 1]));
  CHECK(x.read() == "silent");
}

TEST_CASE("copy: only the newest pending sequence is validated (D2)") {
  holder x;
  x.hold();
  x.invalidates(2, "2");
  x.invalidates(3, "3");
  x.validates(2);
  CHECK(x.read() == "silent");
  x.validates(3);
  CHECK(x.read() == "3");
}

TEST_CASE("copy: an erased record is absent once it is validated") {
  holder x;
  x.hold();
  x.invalidates(2, "");
  CHECK(x.read() == "silent");
  x.validates(2);
  CHECK(x.read() == "absent");
}

TEST_CASE("copy: messages of another session change nothing (T4)") {
  holder x;
  x.hold();
  x.invalidates(2, "2", x.link(9));
  CHECK(x.sent<invalidate_ack>().empty());
  CHECK(x.read() == "1");
  x.lease(2);
  CHECK(x.read() == "silent");
  x.grant({{"/a/x", "1", sequence{1}}}, 1, 1, x.link(1));
  CHECK(x.read() == "silent");
}

TEST_CASE("copy: a lost lease drops it (T3)") {
  holder x;
  x.hold();
  x.lose(1);
  CHECK(x.read() == "silent");
  x.lease(1);
  CHECK(x.read() == "silent");
}

TEST_CASE("copy: a fence drops lower terms and refuses them ever after (F1)") {
  holder x;
  x.hold();
  x.copies.on_fence({shard_id{0}, term{8}, x.self.run}, x.out);
  CHECK(x.read() == "silent");
  x.lease(1);
  x.grant({{"/a/x", "1", sequence{1}}});
  CHECK(x.read() == "silent");
  x.copies.on_fence({shard_id{0}, term{7}, x.self.run}, x.out);
  CHECK(x.read() == "silent");
}

TEST_CASE("copy: what a new grant has not is absent") {
  holder x;
  x.hold();
  x.grant({{"/a/y", "2", sequence{2}}}, 2, 2);
  CHECK(x.read("/a/x") == "absent");
  CHECK(x.read("/a/y") == "2");
}

TEST_CASE("copy: a grant keeps what changes after it silent (D2)") {
  holder x;
  x.hold();
  x.invalidates(3, "3");
  x.grant({{"/a/x", "2", sequence{2}}}, 2, 2);
  CHECK(x.read() == "silent");
  x.validates(3);
  CHECK(x.read() == "3");
}

TEST_CASE("copy: a new primary drops what the old one granted (D5)") {
  holder x;
  x.hold();
  x.assign(9);
  CHECK(x.read() == "silent");
  CHECK(x.copies.bytes() == 0);
}

TEST_CASE("copy: unpin gives it up, a late grant as well") {
  holder x;
  x.hold();
  x.copies.unpin("/a", x.out);
  CHECK(x.read() == "silent");
  CHECK(x.copies.bytes() == 0);
  REQUIRE(x.sent<copy_drop>().size() == 1);
  x.grant({{"/a/x", "1", sequence{1}}}, 2);
  REQUIRE(x.sent<copy_drop>().size() == 2);
  CHECK(x.sent<copy_drop>()[1].grant == grant_number{2});
}

TEST_CASE("copy: a grant that is not known is given up by its number (D2)") {
  holder x;
  x.lease(1);
  // The grant was lost; the invalidation that followed it was not.
  x.invalidates(2, "2");
  CHECK(x.sent<invalidate_ack>().size() == 1);
  REQUIRE(x.sent<copy_drop>().size() == 1);
  CHECK(x.sent<copy_drop>()[0].grant == grant_number{1});
}

TEST_CASE("copy: what is served is not given up for a newer grant (D2)") {
  holder x;
  x.lease(1);
  x.grant({{"/a/x", "1", sequence{1}}}, 7);
  // Grant 7 is served when an invalidation names grant 1, or a later one.
  x.invalidates(2, "2");
  CHECK(x.sent<copy_drop>().empty());
  CHECK(x.read() == "silent");
}

TEST_CASE("copy: a chunk that was lost installs nothing") {
  holder x;
  x.lease(1);
  copy_grant chunk{x.link(),
                   grant_number{1},
                   "/a",
                   sequence{1},
                   1,
                   true,
                   {{"/a/x", "1", sequence{1}}}};
  x.copies.on_message(x.home, chunk, x.now, x.out);
  CHECK(x.read() == "silent");
  CHECK_FALSE(x.copies.installed("/a"));
}

TEST_CASE("local_copies: a grant that comes twice is taken once (D2)") {
  holder x;
  x.hold();
  x.invalidates(2, "2");
  x.validates(2);
  x.grant({{"/a/x", "1", sequence{1}}});
  CHECK(x.read() == "2");
}

TEST_CASE("local_copies: what was decided comes again, the key has gone (D2)") {
  holder x;
  x.hold();
  x.invalidates(2, "2");
  x.validates(2);
  x.invalidates(3, "");
  x.validates(3);
  x.invalidates(2, "2");
  x.validates(3);
  CHECK(x.read() == "absent");
}

TEST_CASE("local_copies: a copy that does not fit is given back") {
  holder x{10};
  x.lease(1);
  x.grant({{"/a/x", std::string(100, 'v'), sequence{1}}});
  CHECK(x.sent<copy_drop>().size() == 1);
  CHECK(x.read() == "silent");
  x.grant({{"/a/x", "1", sequence{1}}}, 2);
  CHECK(x.read() == "1");
  x.grant({{"/a/x", std::string(100, 'v'), sequence{2}}}, 3, 2);
  // The directory's entry is that of what is held as well.
  CHECK(x.sent<copy_drop>().size() == 1);
}
