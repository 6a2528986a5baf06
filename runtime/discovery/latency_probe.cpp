// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/latency_probe.hpp"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace muster {

namespace {

using probe_clock = std::chrono::steady_clock;

constexpr size_t block_bytes = 4096;
constexpr size_t large_bytes = 1024 * 1024;
/// Of places in the file, so that no two accesses follow each other on it.
constexpr size_t stride = 613;
constexpr size_t parts = 3;

error failed(const std::string& what, const std::string& directory) {
  return {errc::io, what + " in " + directory + ": " + std::strerror(errno)};
}

/// A file without a name, open twice: for reads and for synchronous writes.
class probe_file {
public:
  explicit probe_file(const std::string& directory) {
    auto name = directory + "/.muster-probe-XXXXXX";
    auto made = ::mkostemp(name.data(), O_CLOEXEC);
    if (made < 0)
      return;
    reads = ::open(name.c_str(), O_RDONLY | O_DIRECT | O_CLOEXEC);
    writes = ::open(name.c_str(), O_WRONLY | O_DIRECT | O_DSYNC | O_CLOEXEC);
    auto why = errno;
    ::unlink(name.c_str());
    ::close(made);
    errno = why;
  }

  probe_file(const probe_file&) = delete;
  probe_file& operator=(const probe_file&) = delete;

  ~probe_file() {
    for (auto file : {reads, writes})
      if (file >= 0)
        ::close(file);
  }

  int reads = -1;
  int writes = -1;
};

struct freed {
  void operator()(void* x) const {
    std::free(x);
  }
};

using buffer = std::unique_ptr<void, freed>;

buffer make_buffer() {
  // As direct access wants it; some bytes, since zeros may be kept as a hole.
  buffer out{std::aligned_alloc(block_bytes, large_bytes)};
  if (out)
    std::memset(out.get(), 0x5A, large_bytes);
  return out;
}

/// Repeats `act(i)`, which returns the bytes done, until it was `max` times or
/// the time is over; once at least.
/// @returns what each took; empty: one failed
template <class F>
std::vector<nanoseconds> time_each(size_t max, std::chrono::milliseconds budget,
                                   ssize_t bytes, F act) {
  std::vector<nanoseconds> out;
  auto begin = probe_clock::now();
  for (auto now = begin; out.size() < max && now - begin < budget;) {
    if (act(out.size()) != bytes)
      return {};
    auto after = probe_clock::now();
    out.push_back(after - now);
    now = after;
  }
  return out;
}

off_t place_of(size_t i, size_t blocks) {
  return static_cast<off_t>(i * stride % blocks * block_bytes);
}

} // namespace

nanoseconds quantile(std::vector<nanoseconds> times, uint32_t permille) {
  assert(!times.empty() && permille <= 1000);
  auto at = (times.size() - 1) * permille / 1000;
  std::nth_element(times.begin(), times.begin() + static_cast<ptrdiff_t>(at),
                   times.end());
  return times[at];
}

result<device_timing> probe_latency(const std::string& directory,
                                    const probe_options& how) {
  assert(how.file_bytes >= large_bytes);
  probe_file file{directory};
  if (file.reads < 0 || file.writes < 0)
    return failed("no file for direct access", directory);
  auto bytes = make_buffer();
  if (!bytes)
    return failed("no memory", directory);
  auto at_once = static_cast<ssize_t>(large_bytes);
  auto part = how.budget / parts;
  auto large = how.file_bytes / large_bytes;
  auto filled = time_each(large, part, at_once, [&](size_t i) {
    return ::pwrite(file.writes, bytes.get(), large_bytes,
                    static_cast<off_t>(i * large_bytes));
  });
  if (filled.empty())
    return failed("no direct write", directory);
  auto blocks = filled.size() * large_bytes / block_bytes;
  auto one = static_cast<ssize_t>(block_bytes);
  auto writes = time_each(how.writes_max, part, one, [&](size_t i) {
    return ::pwrite(file.writes, bytes.get(), block_bytes, place_of(i, blocks));
  });
  if (writes.empty())
    return failed("no synchronous write", directory);
  auto reads = time_each(how.reads_max, part / 2, one, [&](size_t i) {
    return ::pread(file.reads, bytes.get(), block_bytes, place_of(i, blocks));
  });
  auto streams = time_each(filled.size(), part / 2, at_once, [&](size_t i) {
    return ::pread(file.reads, bytes.get(), large_bytes,
                   static_cast<off_t>(i * large_bytes));
  });
  if (reads.empty() || streams.empty())
    return failed("no direct read", directory);
  device_timing out;
  out.read_median = quantile(reads, 500);
  out.read_p99 = quantile(reads, 990);
  out.write_median = quantile(writes, 500);
  out.write_p99 = quantile(writes, 990);
  auto stream = std::max<int64_t>(1, quantile(streams, 500).count());
  out.bandwidth_bits_per_second = large_bytes * 8 * uint64_t{1'000'000'000}
                                  / static_cast<uint64_t>(stream);
  return out;
}

} // namespace muster
