// SPDX-License-Identifier: Apache-2.0

// A program that embeds a machine of Muster: one machine with the embedded
// coordinator, in a directory of its own.
//
//   build/bin/example-embed DIRECTORY

#include "runtime/machine.hpp"

#include <atomic>
#include <iostream>

namespace {

muster::settings settings_for(const std::string& directory) {
  muster::settings out;
  out.process.id = muster::machine_id{"m1"};
  out.process.data_dir = directory;
  out.process.listen_port = 0; // any free port
  out.process.insecure = true; // one process, loopback only
  out.process.log_level = muster::severity::warning;
  out.process.inventory_discover = false; // disks are not this program's
  out.cluster.shard_count = 8;
  out.cluster.replication = 1;
  out.cluster.min_copies = 1;
  return out;
}

int fail(const muster::error& x) {
  std::cerr << muster::to_string(x.code) << ": " << x.message << '\n';
  return 1;
}

} // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: example-embed DIRECTORY\n";
    return 2;
  }
  auto started = muster::machine::start(settings_for(argv[1]));
  if (!started)
    return fail(started.failure());
  auto& machine = **started;

  // A watch sees every later change under its prefix, in version order.
  // The position is where another watch of this prefix would go on.
  std::atomic<int> seen{0};
  auto watch = machine.watch(
    "/fruit", {},
    [&](const muster::watch_event& x, const muster::watch_position&) {
      seen += x.what == muster::watch_event::kind::change;
    });
  if (!watch)
    return fail(watch.failure());

  // A write is answered when it is durable and nobody reads an old value.
  // Just after the start it waits until the machine's shards are served.
  auto put = machine.put("/fruit/apple/color", "red");
  std::cout << "put: " << to_string(put.what) << '\n';
  if (put.what != muster::outcome::committed)
    return 1;

  // A guarded command: only if nobody has changed it since.
  muster::command change;
  change.guards.push_back(
    {muster::guard_kind::version, "/fruit/apple/color", put.version, {}});
  change.operations.push_back(
    {muster::operation_kind::put, "/fruit/apple/color", "green"});
  std::cout << "guarded put: " << to_string(machine.submit(change).what)
            << '\n';
  std::cout << "the same again: " << to_string(machine.submit(change).what)
            << '\n';

  // A read from this process's own memory: no message, no allocation.
  std::string color;
  muster::sequence version;
  if (!machine.try_get("/fruit/apple/color", color, version))
    return 1;
  std::cout << "read: " << color << '\n';
  return color == "green" ? 0 : 1;
}
