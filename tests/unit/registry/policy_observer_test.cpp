// SPDX-License-Identifier: Apache-2.0
#include "registry/policy_observer.hpp"

#include <catch2/catch.hpp>

using namespace muster;

namespace {

/// The policy agent of incarnation 3.
struct fixture {
  const peer home{machine_id{"home"}, incarnation{1}};
  policy_observer it{incarnation{3}};
  policy_observer_effects out;

  flow link(uint64_t of = 5, uint64_t to = 3) const {
    return {shard_id{2}, term{of}, session{}, incarnation{to}};
  }

  void tell(uint64_t at, uint64_t of = 5, uint64_t to = 3) {
    it.on_message(home,
                  observe{link(of, to),
                          sequence{at},
                          command_id{"c" + std::to_string(at)},
                          {"/billing/1"},
                          {"a: audit"}},
                  out);
  }

  void done(uint64_t upto, uint64_t of = 5) {
    it.on_message(home, observe_done{link(of), sequence{upto}}, out);
  }

  std::vector<std::string> notes() const {
    std::vector<std::string> found;
    for (auto& x : out)
      if (auto n = std::get_if<note_effect>(&x))
        found.push_back(n->what + " " + n->detail);
    return found;
  }
};

} // namespace

TEST_CASE("policy observer: takes note and acknowledges") {
  fixture x;
  x.tell(7);
  REQUIRE(x.out.size() == 1);
  auto& sent = std::get<send_effect>(x.out[0]);
  CHECK(sent.to == x.home.id);
  auto& answer = std::get<observed>(sent.what);
  CHECK(answer.at == sequence{7});
  CHECK(answer.link.to == x.home.run);
  CHECK(answer.link.of == term{5});
}

TEST_CASE("policy observer: what is told twice is acknowledged twice") {
  fixture x;
  x.tell(7);
  x.tell(7);
  CHECK(x.out.size() == 2);
  CHECK(x.it.undecided_count() == 1);
}

TEST_CASE("policy observer: another incarnation is meant") {
  fixture x;
  x.tell(7, 5, 2);
  CHECK(x.out.empty());
}

TEST_CASE("policy observer: a commit is logged") {
  fixture x;
  x.tell(7);
  x.tell(8);
  x.done(7);
  REQUIRE(x.notes().size() == 1);
  CHECK(x.notes()[0]
        == "command_observed command=c7 shard=2 version=7 policy=a: audit");
  CHECK(x.it.committed_count() == 1);
  CHECK(x.it.undecided_count() == 1);
}

TEST_CASE("policy observer: a lower term says nothing any more (I5)") {
  fixture x;
  x.tell(7, 6);
  x.out.clear();
  x.tell(8, 5);
  x.done(9, 5);
  CHECK(x.out.empty());
}

TEST_CASE("policy observer: a new term tells its undecided entries again") {
  fixture x;
  x.tell(7);
  x.tell(8);
  x.tell(7, 6);
  x.done(8, 6);
  CHECK(x.notes().size() == 1);
  CHECK(x.it.undecided_count() == 0);
}

TEST_CASE("policy observer: the oldest of too many is given up") {
  fixture x;
  for (uint64_t at = 1; at <= policy_observer::undecided_max + 1; ++at)
    x.tell(at);
  CHECK(x.it.undecided_count() == policy_observer::undecided_max);
  REQUIRE(x.notes().size() == 1);
  CHECK(x.notes()[0].starts_with("observed_too_many command=c1 "));
}
