// SPDX-License-Identifier: Apache-2.0
#include "tests/simulation/seed_runs.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace muster::sim {

namespace {

/// What one process has done so far, in memory that its parent sees even if
/// it is killed.
struct share {
  seed_totals totals;
  uint64_t running = 0; // the seed; 0 = none
};

/// Memory that survives a fork as the same memory.
class shares {
public:
  explicit shares(size_t count) : bytes_(count * sizeof(share)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                 MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (data_ == MAP_FAILED)
      throw std::bad_alloc{};
    for (size_t i = 0; i < count; ++i)
      new (&(*this)[i]) share{};
  }

  shares(const shares&) = delete;
  shares& operator=(const shares&) = delete;

  ~shares() {
    munmap(data_, bytes_);
  }

  share& operator[](size_t i) {
    return static_cast<share*>(data_)[i];
  }

private:
  size_t bytes_;
  void* data_;
};

void note_failure(seed_totals& to, uint64_t seed) {
  ++to.failed_count;
  if (to.first_failed == 0 || seed < to.first_failed)
    to.first_failed = seed;
}

void add(seed_totals& to, const seed_totals& x) {
  to.run_count += x.run_count;
  to.failed_count += x.failed_count;
  to.definite_count += x.definite_count;
  to.definite_min = std::min(to.definite_min, x.definite_min);
  to.simulated_seconds += x.simulated_seconds;
  if (x.first_failed != 0)
    to.first_failed = to.first_failed == 0
                        ? x.first_failed
                        : std::min(to.first_failed, x.first_failed);
}

void run_share(
  const seed_range& range, unsigned job, share& mine,
  const std::function<simulation_result(uint64_t)>& run,
  const std::function<void(uint64_t, const std::string&)>& failed) {
  auto& totals = mine.totals;
  for (auto i = uint64_t{job}; i < range.count; i += range.jobs) {
    mine.running = range.first + i;
    auto x = run(mine.running);
    ++totals.run_count;
    totals.definite_count += x.definite_count;
    totals.definite_min = std::min<uint64_t>(totals.definite_min,
                                             x.definite_count);
    totals.simulated_seconds
      += std::chrono::duration<double>(x.simulated).count();
    if (x.problem.empty())
      continue;
    note_failure(totals, mine.running);
    failed(mine.running, x.problem);
    if (range.until_failure)
      break;
  }
  mine.running = 0;
}

} // namespace

seed_totals
run_seeds(const seed_range& range,
          const std::function<simulation_result(uint64_t)>& run,
          const std::function<void(uint64_t, const std::string&)>& failed) {
  using clock = std::chrono::steady_clock;
  auto begin = clock::now();
  shares all{range.jobs};
  std::vector<pid_t> children;
  for (unsigned job = 0; job < range.jobs; ++job) {
    auto child = fork();
    if (child < 0)
      throw std::runtime_error{std::string{"fork: "} + strerror(errno)};
    if (child == 0) {
      run_share(range, job, all[job], run, failed);
      _exit(0);
    }
    children.push_back(child);
  }
  seed_totals out;
  for (unsigned job = 0; job < range.jobs; ++job) {
    int status = 0;
    waitpid(children[job], &status, 0);
    auto& done = all[job];
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0) {
      ++done.totals.run_count;
      note_failure(done.totals, done.running);
      failed(done.running, WIFSIGNALED(status) ? std::string{"ended by signal "}
                                                   + strsignal(WTERMSIG(status))
                                               : "ended early");
    }
    add(out, done.totals);
  }
  out.took_seconds
    = std::chrono::duration<double>(clock::now() - begin).count();
  return out;
}

} // namespace muster::sim
