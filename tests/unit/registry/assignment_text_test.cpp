// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"

#include <catch2/catch.hpp>

using namespace muster;

TEST_CASE("member: what is written is read") {
  member x;
  x.who = {machine_id{"m1"}, incarnation{7}};
  x.host = "h";
  x.port = 4100;
  x.role = "machine";
  x.behind = machine_id{"s1"};
  auto read = parse_member(to_text(x));
  REQUIRE(read);
  CHECK(read->who == x.who);
  CHECK(read->port == 4100);
  CHECK(read->behind == x.behind);
  CHECK_FALSE(read->is_switch());
}

TEST_CASE("member: an entry from before switches is behind none") {
  auto read = parse_member("id=m1\nincarnation=7\nrole=machine\n");
  REQUIRE(read);
  CHECK(read->behind == machine_id{});
}

TEST_CASE("member: a role that says so is a switch") {
  auto read = parse_member("id=s1\nincarnation=7\nrole=switch\n");
  REQUIRE(read);
  CHECK(read->is_switch());
}
