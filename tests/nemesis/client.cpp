// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/client.hpp"

#include "registry/key.hpp"

namespace muster::nemesis {

using sim::answer;
using sim::operation;
using sim::operation_kind;

namespace {

// Of 1000 operations; the rest reads.
constexpr uint64_t writes = 200;
constexpr uint64_t guarded = 150;
constexpr uint64_t erasures = 60;
/// Clients change the machine without a reason too.
constexpr unsigned wander_permille = 10;
constexpr unsigned by_value_permille = 400;
/// After a failure, so that a cluster without a primary is not flooded.
constexpr std::chrono::milliseconds back_off_max{40};

} // namespace

client::client(client_options options,
               const std::vector<cli::server_address>& machines)
  : options_(std::move(options)), requester_(machines), random_(options_.seed),
    name_(options_.name) {
  move_on();
}

void client::run(stop_flag& stop) {
  std::chrono::nanoseconds pause{0};
  while (!stop.wait_for(pause)) {
    auto x = next();
    requester_.perform(x, machine_);
    auto good = x.outcome == answer::ok || x.outcome == answer::refused;
    if (!good || random_.chance(wander_permille))
      move_on();
    pause = random_.between({}, good ? options_.pause_max
                                     : std::chrono::nanoseconds{back_off_max});
    note(std::move(x));
  }
}

operation client::next() {
  operation x;
  x.client = name_;
  x.key = options_.keys[random_.below(options_.keys.size())];
  x.shard = shard_of(x.key, options_.shards).value;
  auto dice = random_.below(1000);
  if (dice < writes) {
    x.kind = operation_kind::write;
    x.written = fresh_value();
  } else if (dice < writes + guarded && known_.contains(x.key)) {
    x.kind = operation_kind::cas;
    x.written = fresh_value();
    guard(x);
  } else if (dice < writes + guarded + erasures) {
    x.kind = operation_kind::erase;
  }
  return x;
}

void client::guard(operation& x) {
  auto& known = known_.at(x.key);
  if (!known.value) {
    x.demanded.on = sim::guard::kind::absent;
    return;
  }
  auto by_value = random_.chance(by_value_permille);
  x.demanded.on = by_value ? sim::guard::kind::value
                           : sim::guard::kind::version;
  x.demanded.version = known.version;
  x.demanded.value = *known.value;
}

void client::note(operation x) {
  if (x.outcome == answer::unknown) {
    name_ = options_.name + "." + std::to_string(++names_);
    x.return_ns = operation{}.return_ns;
  }
  if (x.outcome == answer::ok)
    known_[x.key] = {x.kind == operation_kind::read ? x.seen : x.written,
                     *x.version};
  else
    known_.erase(x.key);
  history_.push_back(std::move(x));
}

void client::move_on() {
  machine_ = random_.below(requester_.machines());
}

std::string client::fresh_value() {
  return name_ + "-" + std::to_string(++values_);
}

} // namespace muster::nemesis
