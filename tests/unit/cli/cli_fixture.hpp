// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/app.hpp"
#include "cli/launch/cluster_file.hpp"
#include "tests/scratch_folder.hpp"
#include "tests/unit/http/http_fixture.hpp"

#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <string>
#include <unistd.h>
#include <vector>

namespace muster::testing {

/// Sends what is written to a descriptor to a file instead.
class captured {
public:
  captured(int fd, std::string file) : fd_(fd), file_(std::move(file)) {
    std::fflush(nullptr);
    saved_ = ::dup(fd_);
    auto to = ::open(file_.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    ::dup2(to, fd_);
    ::close(to);
  }

  std::string end() {
    std::fflush(nullptr);
    ::dup2(saved_, fd_);
    ::close(saved_);
    std::ifstream in{file_, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

private:
  int fd_;
  int saved_;
  std::string file_;
};

/// The `muster` command against a fake machine m1 of a cluster directory.
struct cli_fixture : http_fixture {
  scratch_folder folder;
  std::string out;
  std::string err;

  /// Starts the machine and describes it in the directory.
  void serve() {
    start();
    launch::cluster_plan plan;
    plan.name = "fake";
    plan.machines = {{"m1", 1, port()}};
    REQUIRE(launch::write_plan(folder.path, plan));
    folder.write("m1/data/token", "secret\n");
  }

  /// Runs the command; fills `out` and `err`. @returns the exit status
  int muster(const std::vector<std::string>& arguments) {
    std::vector<const char*> argv{"muster"};
    auto dir = folder.path.string();
    argv.push_back("--dir");
    argv.push_back(dir.c_str());
    for (auto& each : arguments)
      argv.push_back(each.c_str());
    captured to_out{STDOUT_FILENO, folder.path / "stdout"};
    captured to_err{STDERR_FILENO, folder.path / "stderr"};
    auto status = cli::run(static_cast<int>(argv.size()), argv.data());
    err = to_err.end();
    out = to_out.end();
    return status;
  }
};

inline bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

} // namespace muster::testing
