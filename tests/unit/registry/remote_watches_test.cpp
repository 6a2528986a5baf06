// SPDX-License-Identifier: Apache-2.0
#include "registry/remote_watches.hpp"

#include <catch2/catch.hpp>

using namespace muster;
using namespace std::chrono_literals;

namespace {

/// One watch of `/` in a cluster with one shard. `heard` is what the watcher
/// was told, a word an event; `asked` what its home was asked for.
struct watcher {
  remote_watches all{incarnation{6}, 1};
  std::string heard;
  std::string asked;
  remote_watches::sends sends;
  bool has_room = true;

  explicit watcher(const std::string& from) {
    watch_position at{1, 1};
    if (!from.empty())
      at = *watch_position::parse(from, "/", 1, 1);
    all.begin(1, "/", at, boot_time{}, sends);
    note();
  }

  static std::string number(sequence x) {
    return std::to_string(x.value);
  }

  void note() {
    asked.clear();
    for (auto& [shard, x] : sends)
      asked += (x.from_now ? "now" : number(x.after))
               + (x.key_after.empty() ? "" : ">" + x.key_after);
    sends.clear();
  }

  void take(watch_news x) {
    x.to = incarnation{6};
    x.ticket = 1;
    heard.clear();
    const char* names[] = {"put", "compacted", "is", "current", "at", "end"};
    for (auto& e : all.on_news(std::move(x), boot_time{}, sends)) {
      heard += e.erased ? "del" : names[static_cast<int>(e.what)];
      heard += e.key + (e.key.empty() ? "" : "=" + number(e.version));
      heard += e.resume ? "@" + number(*e.resume) + " " : " ";
    }
    all.ask_more(
      1, [this](auto) { return has_room; }, sends);
    note();
  }

  static std::vector<listed_record>
  records(const std::vector<std::pair<std::string, uint64_t>>& x) {
    std::vector<listed_record> out;
    for (auto& [key, version] : x)
      out.push_back({key, "v", sequence{version}});
    return out;
  }

  size_t tick(nanoseconds at) {
    auto told = all.on_tick(
      boot_time{} + at, [this](auto) { return has_room; }, sends);
    note();
    return told.size();
  }

  void news(uint64_t after, uint64_t upto,
            const std::vector<std::pair<std::string, uint64_t>>& changed = {},
            bool more = false) {
    watch_news x{{}, {}, 1, sequence{after}, sequence{upto}};
    x.changed = records(changed);
    x.more = more;
    take(std::move(x));
  }

  void piece(uint64_t after, uint64_t as_of, const std::string& key_after,
             const std::vector<std::pair<std::string, uint64_t>>& all_of,
             bool more) {
    watch_news x{{}, {}, 1, sequence{after}, sequence{as_of}};
    x.compacted = true;
    x.key_after = key_after;
    x.changed = records(all_of);
    x.more = more;
    take(std::move(x));
  }
};

} // namespace

TEST_CASE("watches: from now on, the home says where that is") {
  watcher w{""};
  CHECK(w.asked == "now");
  w.news(7, 7);
  CHECK(w.heard == "at@7 ");
  w.news(7, 9, {{"/a", 8}, {"/b", 9}});
  CHECK(w.heard == "put/a=8@8 put/b=9@9 ");
}

TEST_CASE("watches: there is no position between two changes of one command") {
  watcher w{"5"};
  CHECK(w.asked == "5");
  w.news(5, 8, {{"/a", 6}, {"/b", 6}, {"/c", 7}});
  CHECK(w.heard == "put/a=6 put/b=6@6 put/c=7@8 ");
}

TEST_CASE("watches: what comes again is not told again") {
  watcher w{"5"};
  w.news(5, 7, {{"/a", 6}, {"/b", 7}});
  w.news(5, 8, {{"/a", 6}, {"/b", 7}, {"/c", 8}});
  CHECK(w.heard == "put/c=8@8 ");
  w.news(5, 6, {{"/a", 6}});
  CHECK(w.heard.empty());
}

TEST_CASE("watches: a gap is asked for, and nothing is told before") {
  watcher w{"5"};
  w.news(8, 9, {{"/b", 9}});
  CHECK(w.heard.empty());
  CHECK(w.asked == "5");
}

TEST_CASE("watches: a part is followed by the rest") {
  watcher w{"5"};
  w.news(5, 6, {{"/a", 6}}, true);
  CHECK(w.heard == "put/a=6@6 ");
  CHECK(w.asked == "6");
}

TEST_CASE("watches: a forgotten position is followed by a whole snapshot") {
  watcher w{"5"};
  w.piece(5, 20, "", {{"/a", 3}, {"/b", 18}}, true);
  CHECK(w.heard == "compacted@0 is/a=3 is/b=18 ");
  CHECK(w.asked == "5>/b");
  // Changes that come before the rest of it are not told out of order.
  w.news(20, 21, {{"/a", 21}});
  CHECK(w.heard.empty());
  w.piece(5, 23, "/b", {{"/c", 22}}, false);
  // The second piece is ahead: no position before that is made good.
  CHECK(w.heard == "is/c=22 current ");
  CHECK(w.asked == "20");
  w.news(20, 24, {{"/a", 21}, {"/c", 22}, {"/c", 24}});
  CHECK(w.heard == "put/a=21 put/c=24@24 ");
}

TEST_CASE("watches: a snapshot in one piece has a position at once") {
  watcher w{"5"};
  w.piece(5, 20, "", {{"/a", 3}}, false);
  CHECK(w.heard == "compacted@0 is/a=3 current@20 ");
  // The same piece, asked for twice.
  w.piece(5, 20, "", {{"/a", 3}}, false);
  CHECK(w.heard.empty());
  CHECK(w.asked.empty());
}

TEST_CASE("watches: a piece from a home that knows less is not ahead") {
  watcher w{"5"};
  w.piece(5, 20, "", {{"/a", 3}}, true);
  w.piece(5, 18, "/a", {{"/b", 17}}, false);
  CHECK(w.asked == "18"); // /b may have changed at 19
  w.news(18, 20, {{"/a", 19}, {"/b", 20}});
  CHECK(w.heard == "put/b=20@20 ");
}

TEST_CASE("watches: a lost piece is asked for again") {
  watcher w{"5"};
  w.piece(5, 20, "", {{"/a", 3}}, true);
  w.tick(remote_watches::renew);
  CHECK(w.asked == "5>/a");
  w.all.on_home_changed(shard_id{0}, w.sends);
  w.note();
  CHECK(w.asked == "5>/a");
}

TEST_CASE("watches: a slow watcher is asked for before his home is") {
  watcher w{"5"};
  w.has_room = false;
  w.piece(5, 20, "", {{"/a", 3}}, true);
  CHECK(w.asked.empty());
  w.tick(remote_watches::renew);
  CHECK(w.asked.empty());
  w.has_room = true;
  w.tick(remote_watches::renew);
  CHECK(w.asked == "5>/a");
}

TEST_CASE("watches: a second snapshot goes on like the first one") {
  watcher w{"5"};
  w.piece(5, 20, "", {{"/a", 3}}, true);
  w.piece(5, 20, "/a", {{"/b", 3}}, false);
  CHECK(w.asked == "20");
  w.piece(20, 90, "", {{"/a", 80}}, true);
  CHECK(w.asked == "20>/a");
}

TEST_CASE("watches: a home that says nothing ends a watch") {
  watcher w{"5"};
  CHECK(w.tick(remote_watches::silence_max - 1ms) == 0);
  CHECK(w.tick(remote_watches::silence_max) == 1);
  CHECK(w.tick(remote_watches::silence_max * 2) == 0);
}

TEST_CASE("watches: news for a former incarnation are not its own") {
  watcher w{"5"};
  watch_news late{{}, incarnation{5}, 1, sequence{5}, sequence{6}};
  CHECK(w.all.on_news(late, boot_time{}, w.sends).empty());
  w.news(5, 6);
  CHECK(w.heard == "at@6 ");
}

TEST_CASE("watches: who has no place is told so, once") {
  watcher w{"5"};
  watch_news no{{}, {}, 1, sequence{5}, sequence{5}};
  no.refused = true;
  w.take(no);
  CHECK(w.heard == "end ");
  w.take(no);
  CHECK(w.heard.empty());
}
