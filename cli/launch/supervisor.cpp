// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/supervisor.hpp"

#include <signal.h>
#include <sys/wait.h>

namespace muster::launch {

namespace {

/// A machine stops within 5 s of SIGTERM.
constexpr std::chrono::milliseconds stop_patience{7'000};
constexpr std::chrono::milliseconds tick{100};
constexpr size_t log_lines = 8;

sigset_t awaited_signals() {
  sigset_t out;
  sigemptyset(&out);
  for (auto each : {SIGINT, SIGTERM, SIGHUP, SIGCHLD})
    sigaddset(&out, each);
  return out;
}

/// The next signal within `patience`; 0 if there is none.
int next_signal(std::chrono::milliseconds patience) {
  auto signals = awaited_signals();
  timespec how_long{patience.count() / 1000,
                    patience.count() % 1000 * 1'000'000};
  auto found = ::sigtimedwait(&signals, nullptr, &how_long);
  return found > 0 ? found : 0;
}

bool is_etcd(const std::string& name) {
  return name.starts_with("etcd");
}

} // namespace

supervisor::supervisor(std::filesystem::path directory, bool detach)
  : directory_(std::move(directory)), detach_(detach) {
  auto signals = awaited_signals();
  ::sigprocmask(SIG_BLOCK, &signals, nullptr);
}

supervisor::~supervisor() {
  stop_all();
}

status supervisor::start(const std::string& name, spawn_options how) {
  how.detach = detach_;
  auto started = spawn(how);
  if (!started)
    return started.failure();
  processes_.emplace_back(name, *started);
  return write_record(folder_of(directory_, name), *started);
}

status supervisor::wait_until(const std::string& what, clock::time_point until,
                              const std::function<bool()>& condition) {
  for (;;) {
    if (auto dead = death())
      return dead->second;
    if (condition())
      return ok();
    if (clock::now() >= until)
      return error{errc::timed_out, what + " took too long"};
    auto signal = next_signal(tick);
    if (signal != 0 && signal != SIGCHLD)
      return error{errc::unavailable, "it was interrupted"};
  }
}

status supervisor::watch(const std::function<void(const std::string&)>& tell) {
  for (;;) {
    while (auto dead = death()) {
      auto machine = !is_etcd(dead->first);
      std::erase_if(processes_,
                    [&](auto& x) { return x.first == dead->first; });
      if (!machine || processes_.empty())
        return dead->second;
      tell(dead->second.message + "\nThe others go on.");
    }
    auto signal = next_signal(std::chrono::seconds{1});
    if (signal != 0 && signal != SIGCHLD)
      return ok();
  }
}

size_t supervisor::stop_all() {
  auto all = std::exchange(processes_, {});
  return stop_processes(directory_, all);
}

void supervisor::let_go() {
  processes_.clear();
}

std::optional<std::pair<std::string, error>> supervisor::death() const {
  for (auto& [name, record] : processes_) {
    if (is_alive(record))
      continue;
    int how = 0;
    std::string ending = "ended";
    if (::waitpid(record.pid, &how, WNOHANG) == record.pid)
      ending = WIFSIGNALED(how)
                 ? "was ended by signal " + std::to_string(WTERMSIG(how))
                 : "ended with status " + std::to_string(WEXITSTATUS(how));
    auto log = folder_of(directory_, name) / "log";
    auto lines = last_lines(log, log_lines);
    return std::pair{name, error{errc::unavailable,
                                 name + " (pid " + std::to_string(record.pid)
                                   + ") " + ending + "; the end of "
                                   + log.string() + ":\n" + lines}};
  }
  return std::nullopt;
}

size_t
stop_processes(const std::filesystem::path& directory,
               const std::vector<std::pair<std::string, process_record>>& all) {
  std::vector<process_record> machines;
  std::vector<process_record> etcd;
  for (auto each = all.rbegin(); each != all.rend(); ++each)
    (is_etcd(each->first) ? etcd : machines).push_back(each->second);
  auto killed = stop(machines, stop_patience);
  killed += stop(etcd, stop_patience);
  for (auto& [name, record] : all)
    remove_record(folder_of(directory, name));
  return killed;
}

} // namespace muster::launch
