// SPDX-License-Identifier: Apache-2.0
#include "registry/shard_state.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

// The rows of a shard's state, as a checkpoint or another machine's snapshot
// has them: for each the length of its key (1 byte) and of its value (2), then
// both.

namespace muster::fuzz {

namespace {

std::string written(const std::vector<snapshot_row>& rows) {
  std::string out;
  for (auto& row : rows) {
    out += static_cast<char>(row.key.size());
    out += static_cast<char>(row.value.size() >> 8);
    out += static_cast<char>(row.value.size() & 0xFF);
    out += row.key + row.value;
  }
  return out;
}

std::vector<snapshot_row> read(std::string_view in) {
  std::vector<snapshot_row> out;
  while (!in.empty()) {
    auto key = take_byte(in);
    auto high = take_byte(in);
    auto value = size_t{high} * 256 + take_byte(in);
    auto text = take(in, key);
    out.push_back({std::string{text}, std::string{take(in, value)}});
  }
  return out;
}

} // namespace

bool run(std::string_view input) {
  shard_state state;
  if (!state.load(read(input)))
    return false;
  auto rows = state.rows();
  shard_state again;
  require(again.load(rows), "what was loaded can be written");
  auto same = [](auto& x, auto& y) {
    return x.key == y.key && x.value == y.value;
  };
  auto second = again.rows();
  require(std::equal(rows.begin(), rows.end(), second.begin(), second.end(),
                     same),
          "rows keep it all");
  return true;
}

std::vector<std::string> seeds() {
  shard_state state;
  auto apply = [&](log_entry x) {
    x.at = state.committed().next();
    x.of = term{2};
    state.apply(x, x.at.value);
  };
  std::vector<std::string> out{written(state.rows())};
  log_entry x;
  x.id = command_id{"=a"};
  x.digest = 7;
  x.counters = {-1};
  x.effects = {{"/a", "1", false}, {"/b", "2", false}};
  apply(x);
  out.push_back(written(state.rows()));
  log_entry y;
  y.kind = entry_kind::prepare;
  y.id = command_id{"m1.2.3"};
  y.attempt = {shard_id{1}, term{2}, sequence{2}};
  y.others = {shard_id{4}};
  y.effects = {{"/a", "", false, true}};
  y.planned.operations = {"", {{"/a", "3", false}}, {3}};
  apply(y);
  out.push_back(written(state.rows()));
  y.kind = entry_kind::commit_part;
  y.effects = {{"/a", "3", false}};
  y.otherwise = true;
  apply(y);
  out.push_back(written(state.rows()));
  return out;
}

} // namespace muster::fuzz
