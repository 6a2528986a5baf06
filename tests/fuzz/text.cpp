// SPDX-License-Identifier: Apache-2.0
#include "registry/assignment_text.hpp"
#include "registry/key.hpp"
#include "registry/policy.hpp"
#include "registry/utf8.hpp"
#include "registry/watch_position.hpp"
#include "runtime/coordinator/base64.hpp"
#include "runtime/http/duration.hpp"
#include "runtime/http/target.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

// Small texts: keys, prefixes, UTF-8, escapes, times, and what the
// coordinator keeps about shards and members. The input is all of them; its
// first line is a prefix for the others.

namespace muster::fuzz {

namespace {

/// The slow way: by code points.
bool is_utf8_slowly(std::string_view x) {
  while (!x.empty()) {
    auto first = take_byte(x);
    auto more = first < 0x80 ? 0u : first < 0xe0 ? 1u : first < 0xf0 ? 2u : 3u;
    if ((first >= 0x80 && first < 0xc0) || first >= 0xf8 || x.size() < more)
      return false;
    auto code = more == 0 ? first : first & (0x3fu >> more);
    for (auto c : take(x, more)) {
      if ((static_cast<unsigned char>(c) & 0xc0) != 0x80)
        return false;
      code = code << 6 | (static_cast<unsigned char>(c) & 0x3fu);
    }
    constexpr unsigned least[] = {0, 0x80, 0x800, 0x10000};
    if (code < least[more] || code > 0x10ffff
        || (code >= 0xd800 && code < 0xe000))
      return false;
  }
  return true;
}

bool check_keys(std::string_view prefix_text, std::string_view key) {
  if (!check_key(key))
    return false;
  require(is_utf8(key) && key.size() <= key_bytes_max, "a key is text");
  require(key.starts_with(entity_group(key)), "a group begins its keys");
  require(shard_of(entity_group(key), 7) == shard_of(key, 7),
          "a group is in one shard");
  require(covers("/", key) && covers(key, key), "/ covers all");
  auto prefix = normalize_prefix(prefix_text);
  if (prefix && within_one_shard(*prefix) && covers(*prefix, key))
    require(shard_of(*prefix, 7) == shard_of(key, 7), "covered, same shard");
  auto same = normalize_prefix(std::string{key} + "/");
  require(same && *same == key, "a prefix may end in a slash");
  return true;
}

bool check_codes(std::string_view x) {
  require(is_utf8(x) == is_utf8_slowly(x), "UTF-8 is what its twin says");
  require(base64_decode(base64_encode(x)) == x, "base64 keeps bytes");
  if (auto bytes = base64_decode(x))
    require(base64_encode(*bytes) == x, "base64 has one form");
  require(http::percent_decode(http::percent_encode(x)) == x,
          "escapes keep bytes");
  static_cast<void>(http::parse_timeout(x));
  return true;
}

bool check_assignment(std::string_view text) {
  auto found = parse_assignment(shard_id{1}, text, epoch{9});
  if (!found)
    return false;
  auto written = to_text(*found);
  auto again = parse_assignment(shard_id{1}, written, epoch{9});
  require(again && to_text(*again) == written, "an assignment has a text");
  return true;
}

bool check_member(std::string_view text) {
  auto found = parse_member(text);
  if (!found)
    return false;
  auto written = to_text(*found);
  auto again = parse_member(written);
  require(again && to_text(*again) == written, "a member has a text");
  return true;
}

bool check_policy_text(std::string_view text) {
  auto found = parse_policy("name", text);
  if (!found)
    return false;
  require(static_cast<bool>(check_policy(*found)), "it keeps all rules");
  require(!under_policy(found->prefix, policy_key("name")),
          "no policy covers the policies");
  auto again = parse_policy("name", to_text(*found));
  require(again && *again == *found, "a policy has a text");
  return true;
}

bool check_position(std::string_view text) {
  auto found = watch_position::parse(text, "/", 3, 2);
  if (!found)
    return false;
  require(found->at().size() == 3, "a position names every shard");
  auto again = watch_position::parse(found->text(), "/", 3, 2);
  require(again && again->text() == found->text(), "a position has a text");
  return true;
}

} // namespace

bool run(std::string_view input) {
  auto end = std::min(input.find('\n'), input.size());
  auto rest = input.substr(std::min(end + 1, input.size()));
  auto any = check_codes(input);
  check_keys(input.substr(0, end), rest);
  check_assignment(input);
  check_member(input);
  check_policy_text(input);
  check_position(input);
  return any;
}

std::vector<std::string> seeds() {
  assignment shard;
  shard.of = term{4};
  shard.primary = machine_id{"m1"};
  shard.in_sync = {{machine_id{"m1"}, store_id{1}},
                   {machine_id{"m2"}, store_id{2}}};
  shard.learners = {{machine_id{"m3"}, store_id{3}}};
  member machine;
  machine.who = {machine_id{"m1"}, incarnation{2}};
  machine.host = "h";
  machine.port = 1;
  require(check_assignment(to_text(shard)), "an assignment is read");
  require(check_member(to_text(machine)), "a member is read");
  const policy audit{"a", "/p", {machine_id{"m5"}, machine_id{"m6"}}, "why"};
  require(check_policy_text(to_text(audit)), "a policy is read");
  require(check_keys("/a/b", "/a/b/c"), "a key is read");
  require(check_position("2/0:7,1:0,2:9"), "a position is read");
  return {to_text(shard), to_text(machine),
          "/a/b\n/a/b/c", "/\n/\xc3\xa9\xe2\x82\xac\xf0\x9f\x90\x8c",
          "500ms",        "%2Fa",
          "AA==",         "2/0:7,1:0,2:9",
          to_text(audit)};
}

} // namespace muster::fuzz
