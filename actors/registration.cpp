// SPDX-License-Identifier: Apache-2.0
#include "actors/registration.hpp"

#include "registry/assignment_text.hpp"

namespace muster {

namespace {

constexpr std::chrono::seconds lock_ttl{5};

/// One registration under way; kept alive by its callbacks.
struct registration : std::enable_shared_from_this<registration> {
  registration(coordinator& c, registration_request r,
               std::function<void(result<incarnation>)> t)
    : coord(c), request(std::move(r)), then(std::move(t)) {
    // nop
  }

  coordinator& coord;
  registration_request request;
  std::function<void(result<incarnation>)> then;

  void fail(errc code, std::string text) {
    then(error{code, std::move(text)});
  }

  void start() {
    coord.keep_alive(lock_ttl,
                     [self = shared_from_this()](const result<bool>& x) {
                       if (x)
                         self->read();
                       else
                         self->then(x.failure());
                     });
  }

  void read() {
    coord.range(request.keys,
                [self = shared_from_this()](result<coordinator_range> x) {
                  if (x)
                    self->propose(*x);
                  else
                    self->then(x.failure());
                });
  }

  const coordinator_entry* find(const coordinator_range& x,
                                const std::string& name) const {
    for (auto& entry : x.entries)
      if (entry.key == request.keys + name)
        return &entry;
    return nullptr;
  }

  void propose(const coordinator_range& x) {
    auto& id = request.own.who.id.value;
    auto claim = std::to_string(request.claim);
    auto config = find(x, "config");
    auto alive = find(x, "alive/" + id);
    auto member = find(x, "members/" + id);
    if (config && config->value != request.config)
      return fail(errc::invalid_argument,
                  "this machine's cluster options differ from the cluster's: "
                  "start it with the options it was made with");
    if (alive && alive->value != claim)
      return fail(errc::in_use, "another process is registered as " + id
                                  + "; stop it or choose another machine id");
    // The revision of this change will be above this one, so no two
    // registrations get the same number.
    request.own.who.run = incarnation{x.revision + 1};
    coordinator_txn txn;
    auto expect = [&](const std::string& name, const coordinator_entry* seen) {
      txn.compares.push_back(
        {request.keys + name, seen ? seen->mod_revision : 0});
    };
    expect("alive/" + id, alive);
    expect("members/" + id, member);
    expect("config", config);
    txn.puts.push_back({request.keys + "alive/" + id, claim, true});
    txn.puts.push_back(
      {request.keys + "members/" + id, to_text(request.own), false});
    if (!config)
      txn.puts.push_back({request.keys + "config", request.config, false});
    coord.txn(std::move(txn), [self = shared_from_this()](
                                const result<coordinator_txn_answer>& done) {
      self->finish(done);
    });
  }

  void finish(const result<coordinator_txn_answer>& done) {
    if (!done)
      then(done.failure());
    else if (!done->succeeded)
      fail(errc::unavailable, "another machine registered at the same time");
    else
      then(request.own.who.run);
  }
};

} // namespace

uint64_t claim_of(const member& own, uint64_t random) {
  return own.store == store_id{} ? random : own.store.value;
}

void register_machine(coordinator& coord, registration_request request,
                      std::function<void(result<incarnation>)> then) {
  std::make_shared<registration>(coord, std::move(request), std::move(then))
    ->start();
}

void withdraw_machine(coordinator& coord, const std::string& keys,
                      const member& own,
                      std::function<void(result<bool>)> then) {
  auto member_key = keys + "members/" + own.who.id.value;
  auto alive_key = keys + "alive/" + own.who.id.value;
  auto propose = [=, &coord, text = to_text(own), then = std::move(then)](
                   const result<coordinator_range>& found) {
    if (!found)
      return then(found.failure());
    coordinator_txn txn;
    for (auto& entry : found->entries)
      if (entry.key == member_key && entry.value == text)
        txn.compares.push_back({member_key, entry.mod_revision});
    if (txn.compares.empty()) // another process has the id
      return then(false);
    txn.deletes.push_back(alive_key);
    coord.txn(std::move(txn),
              [then](const result<coordinator_txn_answer>& done) {
                if (done)
                  then(done->succeeded);
                else
                  then(done.failure());
              });
  };
  coord.range(member_key, std::move(propose));
}

} // namespace muster
