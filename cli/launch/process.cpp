// SPDX-License-Identifier: Apache-2.0
#include "cli/launch/process.hpp"

#include "runtime/pki/files.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <poll.h>
#include <signal.h>
#include <sstream>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace muster::launch {

namespace {

namespace fs = std::filesystem;

constexpr const char* record_name = "process.json";
constexpr mode_t log_mode = 0600;
/// CLOSE_RANGE_CLOEXEC, which not all headers have.
constexpr unsigned close_on_exec = 1U << 2;
constexpr std::chrono::seconds kill_patience{5};

/// When the process began; 0 if there is none or it has ended.
uint64_t start_ticks_of(pid_t pid) {
  std::ifstream in{"/proc/" + std::to_string(pid) + "/stat"};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  // The second field is the program's name, which may contain anything.
  auto end = text.rfind(')');
  if (end == std::string::npos)
    return 0;
  std::istringstream rest{text.substr(end + 1)};
  std::string field;
  rest >> field;
  if (field == "Z" || field == "X")
    return 0;
  // State is field 3, the start is field 22.
  for (int i = 4; i <= 22; ++i)
    rest >> field;
  return std::strtoull(field.c_str(), nullptr, 10);
}

std::string program_of(pid_t pid) {
  std::error_code ec;
  auto link = fs::read_symlink("/proc/" + std::to_string(pid) + "/exe", ec);
  auto text = ec ? std::string{} : link.string();
  // What was built again since.
  constexpr std::string_view gone = " (deleted)";
  if (text.ends_with(gone))
    text.erase(text.size() - gone.size());
  return text;
}

error system_error(const std::string& what, int code) {
  return error{errc::io, what + ": " + std::strerror(code)};
}

/// In the child: becomes the program, or writes errno to `report`.
[[noreturn]] void become(const spawn_options& how, std::vector<char*>& argv,
                         int report, pid_t parent) {
  if (how.detach) {
    ::setsid();
  } else {
    ::setpgid(0, 0);
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent)
      ::_exit(1);
  }
  sigset_t none;
  sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  // What the program inherits stays open as long as it lives, so nobody would
  // see this process close it. An old kernel cannot; then it is as before.
  ::syscall(SYS_close_range, 3U, ~0U, close_on_exec);
  auto log = ::open(how.log_file.c_str(),
                    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, log_mode);
  auto null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  if (log >= 0 && null >= 0 && ::dup2(null, STDIN_FILENO) >= 0
      && ::dup2(log, STDOUT_FILENO) >= 0 && ::dup2(log, STDERR_FILENO) >= 0)
    ::execv(how.program.c_str(), argv.data());
  int code = errno;
  auto ignored = ::write(report, &code, sizeof(code));
  static_cast<void>(ignored);
  ::_exit(127);
}

// glibc 2.36 declares these without C linkage, so a C++ program cannot call
// its functions.

int open_pid(pid_t pid) {
  return static_cast<int>(::syscall(SYS_pidfd_open, pid, 0));
}

void signal_by(int fd, int signal) {
  ::syscall(SYS_pidfd_send_signal, fd, signal, nullptr, 0);
}

/// A descriptor of exactly this process; -1 if it does not run.
int open_process(const process_record& x) {
  auto fd = open_pid(x.pid);
  // Looked at after the descriptor was taken, which cannot change its process.
  if (fd >= 0 && !is_alive(x)) {
    ::close(fd);
    return -1;
  }
  return fd;
}

/// Waits until the process of `fd` is gone. @returns false if it is not
bool wait_for_end(int fd, std::chrono::steady_clock::time_point until) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
    until - std::chrono::steady_clock::now());
  pollfd what{fd, POLLIN, 0};
  auto patience = static_cast<int>(std::max<int64_t>(left.count(), 0));
  return ::poll(&what, 1, patience) > 0;
}

} // namespace

result<process_record> spawn(const spawn_options& how) {
  std::vector<char*> argv{const_cast<char*>(how.program.c_str())};
  for (auto& each : how.arguments)
    argv.push_back(const_cast<char*>(each.c_str()));
  argv.push_back(nullptr);
  int report[2];
  if (::pipe2(report, O_CLOEXEC) != 0)
    return system_error("no pipe", errno);
  auto parent = ::getpid();
  auto pid = ::fork();
  if (pid == 0)
    become(how, argv, report[1], parent);
  auto fork_error = errno;
  ::close(report[1]);
  int code = 0;
  auto told = pid > 0 ? ::read(report[0], &code, sizeof(code)) : 0;
  ::close(report[0]);
  if (pid < 0)
    return system_error("cannot start " + how.program, fork_error);
  if (told > 0) {
    ::waitpid(pid, nullptr, 0);
    return system_error("cannot start " + how.program, code);
  }
  return process_record{pid, start_ticks_of(pid), how.program};
}

bool is_alive(const process_record& x) {
  return x.pid > 0 && x.start_ticks != 0
         && start_ticks_of(x.pid) == x.start_ticks
         && program_of(x.pid) == x.program;
}

size_t stop(const std::vector<process_record>& all,
            std::chrono::milliseconds patience) {
  std::vector<std::pair<pid_t, int>> running;
  for (auto& each : all)
    if (auto fd = open_process(each); fd >= 0)
      running.emplace_back(each.pid, fd);
  for (auto& [pid, fd] : running)
    signal_by(fd, SIGTERM);
  auto until = std::chrono::steady_clock::now() + patience;
  size_t killed = 0;
  for (auto& [pid, fd] : running) {
    if (!wait_for_end(fd, until)) {
      ++killed;
      signal_by(fd, SIGKILL);
      wait_for_end(fd, std::chrono::steady_clock::now() + kill_patience);
    }
    ::waitpid(pid, nullptr, WNOHANG);
    ::close(fd);
  }
  return killed;
}

status write_record(const fs::path& folder, const process_record& x) {
  nlohmann::ordered_json out{
    {"pid", x.pid}, {"start_ticks", x.start_ticks}, {"program", x.program}};
  return pki::write_file(folder / record_name, out.dump() + "\n", 0644);
}

result<process_record> read_record(const fs::path& folder) {
  auto file = folder / record_name;
  std::ifstream in{file};
  if (!in)
    return error{errc::not_found, "there is no " + file.string()};
  auto parsed = nlohmann::json::parse(in, nullptr, false);
  if (!parsed.is_object() || !parsed.contains("pid")
      || !parsed["pid"].is_number_integer() || !parsed.contains("start_ticks")
      || !parsed["start_ticks"].is_number_unsigned()
      || !parsed.contains("program") || !parsed["program"].is_string())
    return error{errc::corrupt, file.string() + " is damaged"};
  return process_record{parsed["pid"], parsed["start_ticks"],
                        parsed["program"]};
}

void remove_record(const fs::path& folder) {
  std::error_code ignored;
  fs::remove(folder / record_name, ignored);
}

} // namespace muster::launch
