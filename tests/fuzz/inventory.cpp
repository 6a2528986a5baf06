// SPDX-License-Identifier: Apache-2.0
#include "allocator/record_keys.hpp"
#include "allocator/selector.hpp"
#include "runtime/inventory/inventory_records.hpp"
#include "runtime/placement/allocation_record.hpp"
#include "tests/fuzz/target.hpp"

#include <algorithm>

// Records of the inventory, which any user may write: a line each, `KEY VALUE`,
// or `-KEY` for one that is deleted. Whatever they say, the tables are right
// and requests are answered.

namespace muster::fuzz {

namespace {

bool apply(inventory& to, std::string_view line) {
  auto removed = line.starts_with('-');
  if (removed)
    line.remove_prefix(1);
  auto end = line.find(' ');
  auto key = line.substr(0, end);
  auto rest = end == std::string_view::npos ? std::string_view{}
                                            : line.substr(end + 1);
  auto value = removed ? std::nullopt : std::optional{rest};
  if (auto x = parse_allocation("a", rest))
    require(text_of(*parse_allocation("a", text_of(*x))) == text_of(*x),
            "an allocation that was read is written the same again");
  return static_cast<bool>(apply_record(to, key, value))
         && parse_record_key(key).kind != record_kind::other;
}

void ask(inventory& in) {
  selector use{in};
  qos wanted;
  wanted.capacity_bytes = 1;
  wanted.cores_permille = 1000;
  for (auto dry_run : {false, true}) {
    search_options how{.how = effort::exact, .dry_run = dry_run};
    auto exact = use.choose(wanted, how);
    how.how = effort::sample;
    auto sample = use.choose(wanted, how);
    require(static_cast<bool>(exact) == static_cast<bool>(sample),
            "both searches find something, or neither");
    auto why = use.explain(wanted, how);
    require(why && (why->satisfying != 0) == static_cast<bool>(exact),
            "the explanation knows it");
  }
}

} // namespace

bool run(std::string_view input) {
  inventory in;
  auto accepted = false;
  while (!input.empty()) {
    auto line = take(input, std::min(input.find('\n'), input.size()));
    take(input, 1);
    accepted = apply(in, line) || accepted;
  }
  require(in.check_invariants(), "the tables are those of the records");
  ask(in);
  return accepted;
}

std::vector<std::string> seeds() {
  const machine_id m1{"m1"};
  auto line = [](const std::string& key, const std::string& value) {
    return key + " " + value + "\n";
  };
  auto all
    = line(machine_key(m1), R"({"cores": 2.5, "memory_bytes": 1024, "gpus": 2,)"
                            R"( "rack": "r", "labels": {"zone": "a"}})")
      + line(device_key(m1, "d"), R"({"kind": "nvme", "capacity_bytes": 9,)"
                                  R"( "latency_ns": 80000})")
      + line("/machines/m1/load", R"({"load_permille": 7})")
      + line("/machines/m1/alive", "")
      + line(counter_key(m1, {counter_kind::device, 0, "d"}), "8")
      + line(counter_key(m1, {counter_kind::cores, 0, {}}), "2500")
      + line(counter_key(m1, {counter_kind::gpu, 1, {}}), "500")
      + line(link_key("m1", "s1"), "{}");
  return {all, all + "-" + machine_key(m1) + "\n",
          all + "-" + device_key(m1, "d") + "\n-" + link_key("s1", "m1")};
}

} // namespace muster::fuzz
