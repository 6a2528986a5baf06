// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/transport/fixture.hpp"

#include "runtime/transport/hub.hpp"

#include <algorithm>
#include <unistd.h>

namespace muster::test {

certificates::certificates(const std::string& name)
  : folder_(std::filesystem::temp_directory_path()
            / ("muster-transport-" + name + "-" + std::to_string(getpid()))) {
  std::filesystem::remove_all(folder_);
  REQUIRE(pki::create_ca(folder_, {.cluster_id = name}));
  for (const auto* id : {"m1", "m2", "m3"})
    REQUIRE(
      pki::issue_certificate(folder_, folder_, {.machine = id, .hosts = {}}));
}

certificates::~certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

tls_files certificates::of(const std::string& id) const {
  return {folder_ / "ca.pem", folder_ / (id + ".pem"), folder_ / (id + ".key")};
}

const certificates& certificates::trusted() {
  static const certificates x{"trusted"};
  return x;
}

const certificates& certificates::other() {
  static const certificates x{"other"};
  return x;
}

// -- recorder -----------------------------------------------------------------

void recorder::on_packet(const peer& from, lane on, packet x) {
  if (hook)
    hook(from, on, x);
  std::lock_guard guard{mutex_};
  packets_.push_back(to_string(from) + " " + to_string(on) + " "
                     + std::to_string(x.tag) + " " + x.payload);
  changed_.notify_all();
}

void recorder::on_connected(const peer& to, lane on) {
  write("+" + to_string(to) + " " + to_string(on));
}

void recorder::on_disconnected(const peer& to, lane on) {
  write("-" + to_string(to) + " " + to_string(on));
}

void recorder::note(severity, std::string_view what, std::string detail) {
  std::lock_guard guard{mutex_};
  events_.push_back(std::string{what} + " " + detail);
}

bool recorder::wants(severity) const {
  return true;
}

bool recorder::saw(const std::string& line) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, patience, [&] {
    return std::find(lines_.begin(), lines_.end(), line) != lines_.end();
  });
}

bool recorder::got(size_t packets) {
  std::unique_lock guard{mutex_};
  return changed_.wait_for(guard, patience,
                           [&] { return packets_.size() >= packets; });
}

std::vector<std::string> recorder::lines() {
  std::lock_guard guard{mutex_};
  return lines_;
}

std::vector<std::string> recorder::events() {
  std::lock_guard guard{mutex_};
  return events_;
}

std::vector<std::string> recorder::packets() {
  std::lock_guard guard{mutex_};
  return packets_;
}

void recorder::write(std::string line) {
  std::lock_guard guard{mutex_};
  lines_.push_back(std::move(line));
  changed_.notify_all();
}

// -- node ---------------------------------------------------------------------

node::node(const std::string& id, const adjust& change, uint64_t run)
  : id_(id), run_(run) {
  transport_options options;
  options.self = id_;
  options.cluster_id = "test";
  options.tls = certificates::trusted().of(id);
  if (change)
    change(options);
  auto opened = tls_transport::open(io_, options, seen);
  if (!opened)
    FAIL(opened.failure().message);
  transport_ = std::move(*opened);
  thread_ = std::thread{[this] { io_.run(); }};
  transport_->start(incarnation{run}, seen);
}

node::~node() {
  transport_->stop();
  work_.reset();
  io_.stop();
  thread_.join();
}

peer_address node::address(std::optional<uint64_t> run) const {
  return {
    {id_, incarnation{run.value_or(run_)}}, "127.0.0.1", transport_->port()};
}

send_result node::send(const std::string& to, const std::string& text,
                       lane on) {
  return transport_->send(machine_id{to}, on, {7, text});
}

bool node::connected_to(const node& other) {
  auto who = to_string(other.address().who);
  return seen.saw("+" + who + " data") && seen.saw("+" + who + " lease");
}

void impatient(transport_options& x) {
  x.handshake_deadline = 300ms;
  x.ping_interval = 20ms;
  x.io_deadline = 200ms;
  x.backoff_min = 5ms;
  x.backoff_max = 20ms;
}

void join(node& a, node& b) {
  a.transport().set_peers({b.address()});
  b.transport().set_peers({a.address()});
  REQUIRE(a.connected_to(b));
  REQUIRE(b.connected_to(a));
}

} // namespace muster::test
