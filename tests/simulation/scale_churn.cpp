// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/scale_churn.hpp"

#include <algorithm>

namespace muster::sim {

namespace {

constexpr nanoseconds patience = 60s;
/// Until nobody asks for anything any more.
constexpr nanoseconds settle = 1s;

/// Messages of which the followed machine is one end.
void count_followed(scale_cluster& cluster, churn_event& to) {
  auto home = cluster.home();
  for (auto& x : cluster.meter().followed()) {
    auto lease = std::holds_alternative<lease_request>(x.what)
                 || std::holds_alternative<lease_grant>(x.what);
    ++(lease ? to.lease_messages : to.messages);
    if (!lease && x.from == home)
      ++to.home_messages;
  }
  cluster.meter().follow({});
}

/// Some holder that is not the last to come, and the origin of no write below.
machine_id some_holder(const scale_cluster& cluster, size_t number) {
  auto count = std::max<size_t>(cluster.holder_count(), 1);
  return cluster.candidates()[(count / 2 + number) % count];
}

class churn {
public:
  explicit churn(scale_cluster& cluster) : cluster_(cluster) {
    // nop
  }

  void join() {
    auto id = cluster_.newcomer();
    auto& to = begin("a machine joins", id);
    cluster_.world().add_machine(id);
    cluster_.world().start(id);
    end(
      to, [&] { return cluster_.serves(id); },
      id.value + " does not serve the record");
  }

  void leave() {
    auto id = some_holder(cluster_, 0);
    auto& to = begin("a holder leaves", id);
    auto m = cluster_.machine(id);
    m->mirror(cluster_.prefix(), false);
    m->say_farewell();
    end(
      to, [&] { return m->open_count() == 0 && !cluster_.serves(id); },
      id.value + " does not give its copy up");
    cluster_.world().crash(id);
    write(to.write_at_once, to.home_messages_at_once);
    write(to.write_after, to.home_messages_after);
  }

  void holder_dies() {
    auto id = some_holder(cluster_, 1);
    auto& to = begin("a holder dies", id);
    cluster_.world().crash(id, true);
    write(to.write_at_once, to.home_messages_at_once);
    count_followed(cluster_, to);
    to.took = to.write_at_once;
    write(to.write_after, to.home_messages_after);
  }

  void switch_dies() {
    auto id = machine_id{"s1"};
    auto rack = rack_of(id);
    auto& to = begin("a switch dies", id);
    auto begun = cluster_.world().scheduler().now();
    cluster_.world().crash(id, true);
    write(to.write_at_once, to.home_messages_at_once);
    wait([&] { return cluster_.serving_count(rack) == rack.size(); },
         "the rack of a dead switch does not serve the record");
    to.took = cluster_.world().scheduler().now() - begun;
    count_followed(cluster_, to);
    cluster_.run_for(settle);
    write(to.write_after, to.home_messages_after);
  }

  void switch_returns() {
    auto id = machine_id{"s1"};
    auto rack = rack_of(id);
    auto& to = begin("the switch is back", id);
    cluster_.world().start(id);
    end(
      to, [&] { return cluster_.granted_by(id, rack) == rack.size(); },
      "the rack does not take its copies from its switch again");
    wait([&] { return cluster_.serving_count(rack) == rack.size(); },
         "the rack of a switch that is back does not serve the record");
    cluster_.run_for(settle);
    write(to.write_after, to.home_messages_after);
  }

  const std::string& problem() const {
    return problem_;
  }

  std::vector<churn_event> take() {
    return std::move(events_);
  }

private:
  churn_event& begin(std::string name, const machine_id& id) {
    cluster_.run_for(settle);
    cluster_.meter().follow(id);
    events_.emplace_back();
    events_.back().name = std::move(name);
    return events_.back();
  }

  nanoseconds wait(const std::function<bool()>& done, const std::string& what) {
    auto took = cluster_.wait_for(patience, done);
    if (!took && problem_.empty())
      problem_ = what;
    return took.value_or(patience);
  }

  void end(churn_event& to, const std::function<bool()>& done,
           const std::string& what) {
    to.took = wait(done, what);
    count_followed(cluster_, to);
  }

  void write(nanoseconds& took, uint64_t& home_messages) {
    auto cost = cluster_.write(cluster_.candidates().back());
    if (problem_.empty())
      problem_ = cluster_.problem();
    if (!cost)
      return;
    took = cost->latency;
    home_messages = sum(cost->home_before).messages;
  }

  /// Machines behind the switch that hold the record.
  std::vector<machine_id> rack_of(const machine_id& id) const {
    std::vector<machine_id> out;
    for (size_t i = 0; i < cluster_.holder_count(); ++i) {
      auto& who = cluster_.candidates()[i];
      auto found = cluster_.racks().find(who);
      if (found != cluster_.racks().end() && found->second == id
          && cluster_.machine(who))
        out.push_back(who);
    }
    return out;
  }

  scale_cluster& cluster_;
  std::vector<churn_event> events_;
  std::string problem_;
};

} // namespace

std::vector<churn_event> measure_churn(scale_cluster& cluster,
                                       std::string& problem) {
  churn x{cluster};
  x.join();
  if (x.problem().empty())
    x.leave();
  if (x.problem().empty())
    x.holder_dies();
  if (x.problem().empty() && !cluster.racks().empty())
    x.switch_dies();
  if (x.problem().empty() && !cluster.racks().empty())
    x.switch_returns();
  problem = x.problem();
  return x.take();
}

} // namespace muster::sim
