// SPDX-License-Identifier: Apache-2.0

// A machine or a switch of a cluster, as a process of its own.
//
// Life: reads its configuration, starts the machine, opens the HTTP interface,
// writes `endpoint.json`, waits for SIGTERM or SIGINT, and stops in order. If
// that takes longer than `stop_deadline` it ends at once, which loses nothing
// that was acknowledged: the store survives a kill.
//
// Exit status: 0 stopped by a signal, 1 could not start or stop, 2 usage.

#include "runtime/config/configuration.hpp"
#include "runtime/endpoint/endpoint_file.hpp"
#include "runtime/http/json.hpp"
#include "runtime/http/server.hpp"
#include "runtime/machine.hpp"
#include "runtime/placement/allocations.hpp"

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <nlohmann/json.hpp>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <signal.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>

namespace muster {

namespace {

constexpr std::chrono::seconds stop_deadline{5};

void say(const std::string& text) {
  std::fprintf(stderr, "musterd: %s\n", text.c_str());
}

int failed(const std::string& what, const error& why) {
  say(what + ": " + why.message + " (" + to_string(why.code) + ")");
  return 1;
}

std::string config_json(const configuration& config) {
  auto out = http::json::array();
  for (auto& x : config.show())
    out.push_back(
      {{"name", x.name},
       {"value", x.value},
       {"origin", x.origin.where.empty() ? "default" : x.origin.where},
       {"help", x.help}});
  return http::to_text(out);
}

/// An io_context with the one thread that runs it.
class io_thread {
public:
  io_thread() : thread_{[this] { io.run(); }} {
    // nop
  }

  ~io_thread() {
    stop();
  }

  void stop() {
    io.stop();
    if (thread_.joinable())
      thread_.join();
  }

  boost::asio::io_context io{1};

private:
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_{io.get_executor()};
  std::thread thread_;
};

/// How often the machine is asked whether it can go on.
constexpr std::chrono::milliseconds look_every{200};

/// Everything between start and stop, on a thread of its own, so that the main
/// thread can wait for signals and watch the time.
class service {
public:
  explicit service(const configuration& config) : config_(config) {
    // nop
  }

  int run() {
    io_thread io;
    auto& process = config_.values.process;
    auto node = machine::start(config_.values);
    if (!node)
      return failed("cannot start machine " + process.id.value, node.failure());
    auto token = make_token(process.data_dir);
    if (!token)
      return failed("no token for the HTTP interface", token.failure());
    auto places = std::make_unique<allocations>(**node);
    auto http = http_options(*token);
    http.places = places.get();
    auto served = http::server::start(io.io, **node, std::move(http));
    if (!served)
      return failed("no HTTP interface", served.failure());
    auto& data_dir = process.data_dir;
    if (auto done = write_pid(data_dir, ::getpid()); !done)
      return failed("no pid file", done.failure());
    if (auto done = write_endpoint(data_dir, here(**node, **served)); !done)
      return failed("no endpoint file", done.failure());
    auto failure = wait_for_stop(**node);
    remove_endpoint(data_dir);
    (*served)->stop();
    io.stop();
    served->reset();
    places.reset();
    node->reset();
    remove_pid(data_dir);
    if (!failure.empty())
      say(failure);
    return failure.empty() ? 0 : 1;
  }

  void stop() {
    std::lock_guard guard{mutex_};
    stopping_ = true;
    changed_.notify_all();
  }

private:
  http::options http_options(const std::string& token) const {
    auto& process = config_.values.process;
    http::options out;
    out.host = process.http_host;
    out.port = process.http_port;
    out.token = token;
    out.watches_max = process.watchers_max;
    out.connections_max += process.watchers_max;
    out.config_json = [this] { return config_json(config_); };
    return out;
  }

  static endpoint here(const machine& node, const http::server& served) {
    endpoint out;
    out.id = node.id();
    out.pid = ::getpid();
    out.http = served.address();
    for (auto& each : node.status().machines)
      if (each.id == out.id)
        out.peer = each.address;
    return out;
  }

  /// @returns why the machine cannot go on; empty: somebody stops it
  std::string wait_for_stop(const machine& node) {
    std::unique_lock guard{mutex_};
    while (!changed_.wait_for(guard, look_every, [this] { return stopping_; }))
      if (auto failure = node.failure(); !failure.empty())
        return failure;
    return {};
  }

  const configuration& config_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
};

/// Takes as many descriptors as the system allows: the limits of connections
/// and watches are above the 1,024 that a login usually gets.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0)
    return;
  limit.rlim_cur = limit.rlim_max;
  if (::setrlimit(RLIMIT_NOFILE, &limit) != 0)
    say("the limit of open files could not be raised");
}

/// Runs the service until a signal or its own end.
int serve(const configuration& config) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Before any thread exists: all of them inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  service what{config};
  int status = 1;
  auto main_thread = ::pthread_self();
  std::mutex mutex;
  std::condition_variable changed;
  bool ended = false;
  std::thread runner{[&] {
    auto result = what.run();
    std::lock_guard guard{mutex};
    status = result;
    ended = true;
    changed.notify_all();
    pthread_kill(main_thread, SIGTERM);
  }};
  int ignored = 0;
  sigwait(&signals, &ignored);
  what.stop();
  std::unique_lock guard{mutex};
  if (!changed.wait_for(guard, stop_deadline, [&] { return ended; })) {
    say("did not stop in time: ending at once, nothing acknowledged is lost");
    std::fflush(nullptr);
    ::_exit(1);
  }
  guard.unlock();
  runner.join();
  return status;
}

int run(int argc, char** argv) {
  CLI::App app{
    "A machine of a Muster cluster.\n\nValues come from flags, "
    "then the environment, then the file of --config."};
  app.set_version_flag("--version", "musterd 0.1.0");
  config_loader loader{app};
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& what) {
    return app.exit(what) == 0 ? 0 : 2;
  }
  auto config = loader.load();
  if (!config) {
    say(config.failure().message);
    return 2;
  }
  return serve(*config);
}

} // namespace

} // namespace muster

int main(int argc, char** argv) {
  return muster::run(argc, argv);
}
