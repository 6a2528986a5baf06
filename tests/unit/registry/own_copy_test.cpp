// SPDX-License-Identifier: Apache-2.0

// The prefix that a machine mirrors for itself (`copy_options::own_prefix`).

#include "registry/local_copies.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

copy_options with_own_prefix(size_t bytes_max) {
  copy_options out;
  out.own_prefix = "/muster/agents";
  out.prefixes_max = 1;
  out.bytes_max = bytes_max;
  return out;
}

/// A machine with the policies of a home of term 5, in session 1.
struct holder {
  const peer self{machine_id{"h"}, incarnation{3}};
  const peer home{machine_id{"home"}, incarnation{1}};
  local_copies copies;
  boot_time now{100s};
  copy_effects out;

  explicit holder(size_t bytes_max = 10)
    : copies(self, 1, with_own_prefix(bytes_max)) {
    assignment x;
    x.of = term{5};
    x.at = epoch{5};
    x.primary = home.id;
    x.primary_run = home.run;
    copies.on_assignment(x, now, out);
    cover what{shard_id{0}, cover_kind::copy, term{5}, session{1}};
    copies.on_lease_news({home, now + 100s, {what}, {}}, now, out);
  }

  flow link() const {
    return {shard_id{0}, term{5}, session{1}, self.run};
  }

  void grant(const std::vector<listed_record>& records) {
    copies.on_message(home,
                      copy_grant{link(), grant_number{1}, "/muster/agents",
                                 sequence{1}, 0, true, records},
                      now, out);
  }

  void invalidates(uint64_t at, const std::string& value) {
    copies.on_message(home,
                      invalidate{link(),
                                 grant_number{1},
                                 sequence{at},
                                 {{"/muster/agents/a", value, value.empty()}}},
                      now, out);
  }

  size_t asked(const std::string& prefix) const {
    size_t count = 0;
    for (auto& x : out.all)
      if (auto s = std::get_if<send_effect>(&x))
        if (auto m = std::get_if<copy_request>(&s->what))
          count += m->prefix == prefix ? 1 : 0;
    return count;
  }
};

const std::string big(100, 'v');

} // namespace

TEST_CASE("own copy: it is asked for without any user") {
  holder x;
  CHECK(x.asked("/muster/agents") > 0);
  CHECK(x.copies.pinned().empty());
  CHECK(!x.copies.own_view());
}

TEST_CASE("own copy: no limit of the users' copies counts") {
  holder x;
  CHECK(x.copies.pin("/a", x.now, x.out));
  CHECK(!x.copies.pin("/b", x.now, x.out));
  x.grant({{"/muster/agents/a", big, sequence{1}}});
  REQUIRE(x.copies.own_view());
  CHECK(x.copies.own_view()->records.at("/muster/agents/a") == big);
}

TEST_CASE("own copy: a user who lets it go leaves it") {
  holder x;
  x.grant({{"/muster/agents/a", "1", sequence{1}}});
  CHECK(x.copies.pin("/muster/agents", x.now, x.out));
  x.copies.unpin("/muster/agents", x.out);
  CHECK(x.copies.pinned().empty());
  CHECK(x.copies.own_view());
}

TEST_CASE("own copy: what is undecided is seen beside what stands") {
  holder x;
  x.grant({{"/muster/agents/a", "1", sequence{1}}});
  x.invalidates(2, "2");
  auto view = x.copies.own_view();
  REQUIRE(view);
  CHECK(view->records.at("/muster/agents/a") == "1");
  REQUIRE(view->undecided.size() == 1);
  CHECK(view->undecided[0].value == "2");
  x.copies.on_message(x.home, validate{x.link(), sequence{2}}, x.now, x.out);
  view = x.copies.own_view();
  CHECK(view->records.at("/muster/agents/a") == "2");
  CHECK(view->undecided.empty());
  x.invalidates(3, "");
  view = x.copies.own_view();
  CHECK(view->records.size() == 1);
  REQUIRE(view->undecided.size() == 1);
  CHECK(view->undecided[0].erased);
}

TEST_CASE("own copy: a wider copy that comes first shows it (A1)") {
  holder x{1000};
  x.copies.pin("/", x.now, x.out);
  x.copies.on_message(x.home,
                      copy_grant{x.link(),
                                 grant_number{1},
                                 "/",
                                 sequence{4},
                                 0,
                                 true,
                                 {{"/muster/agents/b", "1", sequence{3}}}},
                      x.now, x.out);
  x.invalidates(5, "2");
  auto view = x.copies.own_view();
  REQUIRE(view);
  CHECK(view->records.count("/muster/agents/b") == 1);
  REQUIRE(view->undecided.size() == 1);
  CHECK(view->upto == sequence{5});
}

TEST_CASE("own copy: without a lease there is none") {
  holder x;
  x.grant({{"/muster/agents/a", "1", sequence{1}}});
  cover what{shard_id{0}, cover_kind::copy, term{5}, session{1}};
  x.copies.on_lease_news({x.home, x.now + 100s, {}, {what}}, x.now, x.out);
  CHECK(!x.copies.own_view());
}

TEST_CASE("own copy: a change is heard though its grant was lost (A1)") {
  holder x;
  auto before = x.copies.own_version();
  x.invalidates(4, "1");
  CHECK(x.copies.own_version() > before);
  auto heard = x.copies.own_view();
  REQUIRE(heard);
  CHECK(!heard->whole);
  CHECK(heard->upto == sequence{4});
  REQUIRE(heard->undecided.size() == 1);
  CHECK(heard->undecided[0].value == "1");
  // Older than what was heard, and then as new.
  x.grant({});
  REQUIRE(x.copies.own_view());
  CHECK(x.copies.own_view()->whole);
  CHECK(x.copies.own_view()->upto < sequence{4});
  before = x.copies.own_version();
  x.copies.on_message(x.home, validate{x.link(), sequence{4}}, x.now, x.out);
  CHECK(x.copies.own_version() > before);
  CHECK(x.copies.own_view()->upto == sequence{4});
}

TEST_CASE("own copy: other keys are not heard") {
  holder x;
  auto before = x.copies.own_version();
  x.copies.on_message(
    x.home,
    invalidate{
      x.link(), grant_number{1}, sequence{4}, {{"/muster/other", "1", false}}},
    x.now, x.out);
  CHECK(x.copies.own_version() == before);
  CHECK(!x.copies.own_view());
}
