// SPDX-License-Identifier: Apache-2.0

// Allocators that compete for the same resources.

#include "allocator/record_keys.hpp"
#include "allocator/reservation.hpp"
#include "tests/unit/allocator/home.hpp"
#include "tests/unit/allocator/world.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <map>

using namespace muster;
using namespace muster::test;

namespace {

const counter_name disk{counter_kind::device, 0, "d"};
const counter_name cores{counter_kind::cores, 0, {}};

/// Three allocators with inventories that lag behind one home, and what was
/// reserved and not released, counted by itself.
class rivals {
public:
  explicit rivals(uint64_t seed) : with_(seed) {
    for (int i = 0; i < 5; ++i)
      add("m" + std::to_string(i));
    for (auto& x : allocators_)
      x.know_all(*this);
  }

  void step() {
    auto& who = allocators_[with_.below(3)];
    switch (with_.below(4)) {
      case 0:
        who.know(*this, with_.below(log_.size() + 1));
        break;
      case 1:
        release();
        break;
      default:
        reserve(who);
    }
    check();
  }

  size_t reserved_count() const {
    return live_.size();
  }

  size_t lost_count() const {
    return lost_;
  }

private:
  struct allocator {
    inventory in;
    selector use{in};
    size_t known = 0; // of the log

    void know(rivals& from, size_t until) {
      for (; known < until; ++known) {
        auto& [key, value] = from.log_[known];
        auto name = parse_record_key(key);
        REQUIRE(in.set_counter(name.machine, name.counter, value));
      }
    }

    void know_all(rivals& from) {
      for (auto& [id, x] : from.machines_) {
        REQUIRE(in.put_machine(id, x));
        REQUIRE(in.put_device(id, "d", {"ssd", 1000, {}, 0, {}}));
        in.set_started(id, true);
      }
      know(from, from.log_.size());
    }
  };

  void add(const std::string& name) {
    machine_id id{name};
    machines_[id] = {8000, 1000, 4, 0, name, {}};
    set(counter_key(id, disk), 1000);
    set(counter_key(id, cores), 8000);
    set(counter_key(id, {counter_kind::memory, 0, {}}), 1000);
    for (uint32_t gpu = 0; gpu < 4; ++gpu)
      set(counter_key(id, {counter_kind::gpu, gpu, {}}), 1000);
  }

  void set(const std::string& key, int64_t value) {
    all_.records[key] = {std::to_string(value), sequence{1}};
    capacity_[key] = value;
    log_.emplace_back(key, value);
  }

  void apply(const command_plan& plan, std::string& refusal) {
    refusal = all_.apply(plan);
    if (refusal.empty())
      for (auto& op : plan.operations)
        if (op.kind == operation_kind::add)
          log_.emplace_back(op.key, all_.counter(op.key));
  }

  void reserve(allocator& who) {
    qos w;
    w.capacity_bytes = 1 + with_.below(400);
    if (with_.one_in(2))
      w.cores_permille = 1 + with_.below(4000);
    if (with_.one_in(2)) {
      w.gpus = 1 + static_cast<uint32_t>(with_.below(3));
      if (w.gpus == 1u)
        w.gpu_share_permille = 1 + static_cast<uint32_t>(with_.below(1000));
    }
    w.replicas = 1 + static_cast<uint32_t>(with_.below(2));
    auto id = "a" + std::to_string(++ids_);
    reservation r{id, w, {}, false};
    for (;;) {
      auto plan = r.attempt(who.use, with_.next(), no_text);
      if (!plan)
        return;
      std::string refusal;
      apply(*plan, refusal);
      if (refusal.empty()) {
        live_[id] = r.parts();
        return;
      }
      ++lost_;
      REQUIRE(r.on_answer(errc::refused) == reservation_step::next);
    }
  }

  void release() {
    if (live_.empty())
      return;
    auto i = std::next(live_.begin(),
                       static_cast<std::ptrdiff_t>(with_.below(live_.size())));
    auto records = allocation_records(i->first, i->second, false);
    std::string refusal;
    apply(plan_release(i->first, i->second, false, all_.versions(records)),
          refusal);
    REQUIRE(refusal.empty());
    live_.erase(i);
  }

  /// From the placements, not from the plans.
  void check() {
    std::map<std::string, int64_t> used;
    for (auto& [id, parts] : live_)
      for (auto& part : parts) {
        auto& at = part.where.machine;
        used[counter_key(at, {counter_kind::device, 0, part.where.device})]
          += static_cast<int64_t>(part.capacity_bytes);
        used[counter_key(at, cores)]
          += static_cast<int64_t>(part.cores_permille);
        for (auto gpu : part.where.gpus)
          used[counter_key(at, {counter_kind::gpu, gpu, {}})]
            += part.gpu_share_permille;
      }
    for (auto& [key, capacity] : capacity_) {
      INFO(key);
      REQUIRE(used[key] <= capacity);
      REQUIRE(all_.counter(key) == capacity - used[key]);
    }
  }

  dice with_;
  home all_;
  std::map<machine_id, machine_resources> machines_;
  std::map<std::string, int64_t> capacity_;
  std::vector<std::pair<std::string, int64_t>> log_;
  std::array<allocator, 3> allocators_;
  std::map<std::string, std::vector<reserved_part>> live_;
  uint64_t ids_ = 0;
  size_t lost_ = 0;
};

} // namespace

TEST_CASE(
  "reservation: rivals that know old counters never over-commit "
  "(I14)",
  "[twin]") {
  size_t lost = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    rivals x{seed};
    size_t most = 0;
    for (int i = 0; i < 300; ++i) {
      INFO("step " << i);
      x.step();
      most = std::max(most, x.reserved_count());
    }
    CHECK(most > 5);
    lost += x.lost_count();
  }
  CHECK(lost > 1000); // there was something to lose
}
