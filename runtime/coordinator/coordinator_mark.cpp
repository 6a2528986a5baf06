// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/coordinator_mark.hpp"

#include <charconv>

namespace muster {

namespace {

constexpr const char* what_to_do
  = "if it is the right one, its data was lost: set the machines' stores "
    "aside, start them with the next `cluster.generation` and restore a backup "
    "(`muster up --new-generation` does the first two)";

void create(coordinator& to, const std::string& key, std::string fresh,
            std::function<void(result<coordinator_mark>)> then) {
  coordinator_txn txn;
  txn.compares.push_back({key, 0});
  txn.puts.push_back({key, fresh, false});
  to.txn(std::move(txn), [fresh = std::move(fresh), then = std::move(then)](
                           result<coordinator_txn_answer> done) {
    if (!done)
      then(done.failure());
    else if (!done->succeeded)
      then(error{errc::unavailable,
                 "another machine made the cluster at the same time"});
    else
      then(coordinator_mark{fresh, done->revision});
  });
}

} // namespace

std::string to_text(const coordinator_mark& x) {
  return "revision=" + std::to_string(x.revision) + " identity=" + x.identity;
}

result<coordinator_mark> parse_mark(const std::string& text) {
  constexpr std::string_view first = "revision=";
  constexpr std::string_view second = " identity=";
  coordinator_mark out;
  auto bad = error{errc::corrupt,
                   "the store's note of its coordinator is no "
                   "such note: "
                     + text};
  auto middle = text.find(second);
  if (text.rfind(first, 0) != 0 || middle == std::string::npos)
    return bad;
  auto end = text.data() + middle;
  auto [rest, ec] = std::from_chars(text.data() + first.size(), end,
                                    out.revision);
  if (ec != std::errc{} || rest != end)
    return bad;
  out.identity = text.substr(middle + second.size());
  return out;
}

void read_mark(coordinator& from, const std::string& keys, std::string fresh,
               std::function<void(result<coordinator_mark>)> then) {
  auto key = keys + "identity";
  from.range(key,
             [&from, key, fresh = std::move(fresh),
              then = std::move(then)](result<coordinator_range> x) mutable {
               if (!x)
                 return then(x.failure());
               for (auto& entry : x->entries)
                 if (entry.key == key)
                   return then(coordinator_mark{entry.value, x->revision});
               create(from, key, std::move(fresh), std::move(then));
             });
}

status check_mark(const std::optional<coordinator_mark>& noted,
                  const coordinator_mark& found) {
  if (!noted)
    return ok();
  if (noted->identity != found.identity)
    return error{errc::denied,
                 "this store has records of another coordinator than the one "
                 "that is configured; "
                   + std::string{what_to_do}};
  if (noted->revision > found.revision)
    return error{errc::denied,
                 "the coordinator is at revision "
                   + std::to_string(found.revision)
                   + ", this store has seen it at "
                   + std::to_string(noted->revision)
                   + ": it was restored from an older copy, and may no longer "
                     "know who has the newest records; "
                   + what_to_do};
  return ok();
}

} // namespace muster
