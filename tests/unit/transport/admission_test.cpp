// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/admission.hpp"

#include <catch2/catch.hpp>

#include <vector>

using namespace muster;

namespace {

struct fixture {
  fixture() {
    list(5);
  }

  /// Registers m2 with this incarnation.
  void list(uint64_t run) {
    std::vector<peer_address> peers{
      {{machine_id{"m2"}, incarnation{run}}, "127.0.0.1", 1}};
    uut.set_peers(peers);
  }

  static hello from(uint64_t run, uint64_t number = 1, lane on = lane::data) {
    hello x;
    x.on = on;
    x.options_hash = 3;
    x.from = {machine_id{"m2"}, incarnation{run}};
    x.number = number;
    x.cluster_id = "c";
    return x;
  }

  std::optional<refusal> judge(const hello& x) {
    return uut.judge(x, "m2");
  }

  admission uut{"c", 3};
};

} // namespace

TEST_CASE_METHOD(fixture, "admission: each mismatch has its refusal") {
  CHECK_FALSE(judge(from(5)));
  auto x = from(5);
  x.versions.wire = {2, 3};
  CHECK(judge(x) == refusal::version);
  x = from(5);
  x.cluster_id = "d";
  CHECK(judge(x) == refusal::cluster);
  x = from(5);
  x.options_hash = 4;
  CHECK(judge(x) == refusal::cluster_options);
  x = from(5);
  CHECK(uut.judge(x, "m3") == refusal::identity);
  CHECK_FALSE(uut.judge(x, std::nullopt)); // plaintext
  x.from.id = machine_id{"m3"};
  CHECK(uut.judge(x, "m3") == refusal::not_registered);
  CHECK(judge(from(5, 0)) == refusal::old_connection);
}

TEST_CASE_METHOD(fixture, "admission: incarnations only grow") {
  CHECK(judge(from(4)) == refusal::old_incarnation);
  CHECK_FALSE(judge(from(6)));
  uut.admit(from(6));
  CHECK(judge(from(5, 2)) == refusal::old_incarnation);
  list(5); // a stale list changes nothing
  CHECK(judge(from(5, 2)) == refusal::old_incarnation);
  CHECK(uut.newest(machine_id{"m2"}) == incarnation{6});
  list(7);
  CHECK(judge(from(6, 2)) == refusal::old_incarnation);
}

TEST_CASE_METHOD(fixture, "admission: of two connections the newer counts") {
  uut.admit(from(5, 3));
  CHECK(judge(from(5, 2)) == refusal::old_connection);
  CHECK(judge(from(5, 3)) == refusal::old_connection);
  CHECK_FALSE(judge(from(5, 4)));
  CHECK_FALSE(judge(from(5, 1, lane::lease)));
  CHECK_FALSE(judge(from(6, 1))); // a new process counts anew
}

TEST_CASE_METHOD(fixture, "admission: who is taken off the list is refused") {
  uut.set_peers({});
  CHECK(judge(from(5)) == refusal::not_registered);
  CHECK_FALSE(uut.registered(machine_id{"m2"}));
}
