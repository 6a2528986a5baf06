// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/linux_host.hpp"

#include "runtime/discovery/latency_probe.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <hwloc.h>
#include <memory>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

namespace muster {

namespace {

namespace fs = std::filesystem;

/// Enough for the mounts of a host with thousands of containers.
constexpr size_t text_bytes_max = 4 * 1024 * 1024;

error failed(const std::string& what) {
  return {errc::io, what + ": " + std::strerror(errno)};
}

struct topology_end {
  void operator()(hwloc_topology_t x) const {
    hwloc_topology_destroy(x);
  }
};

using topology = std::unique_ptr<hwloc_topology, topology_end>;

} // namespace

std::optional<std::string> linux_host::read(const std::string& path) const {
  auto file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return std::nullopt;
  // Their size is not known before they are read.
  std::string out;
  char part[4096];
  ssize_t got = 0;
  while (out.size() < text_bytes_max
         && (got = ::read(file, part, sizeof(part))) > 0)
    out.append(part, static_cast<size_t>(got));
  ::close(file);
  return got == 0 ? std::optional{std::move(out)} : std::nullopt;
}

std::vector<std::string>
linux_host::names_in(const std::string& directory) const {
  std::vector<std::string> out;
  std::error_code ec;
  for (fs::directory_iterator i{directory, ec}, end; !ec && i != end;
       i.increment(ec))
    out.push_back(i->path().filename().string());
  std::sort(out.begin(), out.end());
  return out;
}

bool linux_host::exists(const std::string& path) const {
  return ::access(path.c_str(), F_OK) == 0;
}

std::optional<std::string>
linux_host::device_number(const std::string& path) const {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || major(found.st_dev) == 0)
    return std::nullopt;
  return std::to_string(major(found.st_dev)) + ":"
         + std::to_string(minor(found.st_dev));
}

result<disk_space> linux_host::space_of(const std::string& path) const {
  struct statvfs found {};
  if (::statvfs(path.c_str(), &found) != 0)
    return failed("cannot look into " + path);
  return disk_space{uint64_t{found.f_blocks} * found.f_frsize,
                    uint64_t{found.f_bavail} * found.f_frsize};
}

result<host_size> linux_host::size() const {
  hwloc_topology_t made = nullptr;
  if (hwloc_topology_init(&made) != 0)
    return failed("hwloc_topology_init");
  topology owner{made};
  if (hwloc_topology_load(made) != 0)
    return failed("hwloc_topology_load");
  auto cores = hwloc_bitmap_weight(hwloc_topology_get_allowed_cpuset(made));
  host_size out;
  out.cores = static_cast<uint32_t>(std::max(cores, 0));
  out.memory_bytes = hwloc_get_root_obj(made)->total_memory;
  return out;
}

result<device_timing> linux_host::time(const std::string& directory) {
  return probe_latency(directory);
}

} // namespace muster
