// SPDX-License-Identifier: Apache-2.0
#include "runtime/placement/watch_state.hpp"

#include <catch2/catch.hpp>

#include <map>

using namespace muster;
using kind = watch_event::kind;

namespace {

struct fixture {
  std::map<std::string, std::string> records;
  watch_state state{[this](auto& key, auto value, sequence) {
    if (value)
      records[key] = *value;
    else
      records.erase(key);
  }};

  void tell(kind what, const std::string& key = {}, uint64_t resume = 0,
            uint32_t shard = 0) {
    watch_event x;
    x.what = what;
    x.key = key;
    x.value = "v";
    x.shard = shard_id{shard};
    if (resume != 0)
      x.resume = sequence{resume};
    state.on_event(x);
  }

  /// A snapshot: the position counts for nothing until its end.
  void compact(uint32_t shard) {
    watch_event x;
    x.what = kind::compacted;
    x.shard = shard_id{shard};
    x.resume = sequence{};
    state.on_event(x);
  }

  void erase(const std::string& key) {
    watch_event x;
    x.key = key;
    x.erased = true;
    state.on_event(x);
  }

  bool reached(uint64_t version, uint32_t shard = 0) const {
    auto text = std::to_string(shard) + ":" + std::to_string(version)
                + (shard == 0 ? ",1:0" : ",0:0");
    auto at = watch_position::parse(text, "/", 2, 1);
    REQUIRE(at);
    return state.reached(*at);
  }
};

} // namespace

TEST_CASE_METHOD(fixture, "watch state: changes are applied in their order") {
  tell(kind::change, "/a");
  tell(kind::change, "/b");
  erase("/a");
  CHECK(records == std::map<std::string, std::string>{{"/b", "v"}});
}

TEST_CASE_METHOD(fixture, "watch state: what a snapshot lacks is gone") {
  tell(kind::change, "/a");
  tell(kind::change, "/b");
  tell(kind::change, "/other", 0, 1);
  compact(0);
  tell(kind::record, "/b");
  tell(kind::record, "/c");
  CHECK(records.count("/a") == 1);
  tell(kind::current);
  CHECK(records
        == std::map<std::string, std::string>{
          {"/b", "v"}, {"/c", "v"}, {"/other", "v"}});
}

TEST_CASE_METHOD(fixture, "watch state: a second snapshot begins anew") {
  tell(kind::change, "/a");
  compact(0);
  tell(kind::record, "/b");
  compact(0);
  tell(kind::record, "/a");
  tell(kind::current);
  CHECK(records == std::map<std::string, std::string>{{"/a", "v"}});
}

TEST_CASE_METHOD(fixture, "watch state: it is as far as each shard") {
  CHECK(reached(0));
  CHECK_FALSE(reached(1));
  tell(kind::position, {}, 5);
  CHECK(reached(5));
  CHECK_FALSE(reached(6));
  CHECK_FALSE(reached(1, 1));
}

TEST_CASE_METHOD(fixture, "watch state: inside a snapshot it is nowhere") {
  tell(kind::position, {}, 5);
  compact(0);
  CHECK_FALSE(reached(1));
  tell(kind::current, {}, 9);
  CHECK(reached(9));
}
