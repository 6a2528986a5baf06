// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor_checks.hpp"

#include "cli/answers.hpp"
#include "cli/cluster_view.hpp"
#include "cli/etcd_caller.hpp"
#include "cli/launch/etcd_auth.hpp"
#include "cli/launch/layout.hpp"
#include "cli/launch/ports.hpp"
#include "cli/output.hpp"
#include "runtime/pki/pki.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

namespace muster::cli {

namespace {

namespace fs = std::filesystem;

constexpr const char* clocksource_file
  = "/sys/devices/system/clocksource/clocksource0/current_clocksource";

constexpr uint64_t mib = 1024 * 1024;
constexpr uint64_t disk_fail_bytes = 64 * mib;
constexpr uint64_t disk_warn_bytes = 1024 * mib;

/// A commit waits for a sync; a slower one is felt in every write.
constexpr std::chrono::milliseconds sync_warn{20};
constexpr int sync_rounds = 8;

constexpr std::chrono::days certificate_warn{30};
constexpr std::chrono::milliseconds ask_timeout{1'000};

/// The median of a few small synced writes, or an errno.
result<std::chrono::nanoseconds> time_of_sync(const fs::path& directory) {
  auto file = (directory / ".doctor-sync").string();
  auto fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
                   0600);
  if (fd < 0)
    return error{errc::io, std::strerror(errno)};
  std::vector<std::chrono::nanoseconds> times;
  int failed = 0;
  for (int i = 0; i < sync_rounds && failed == 0; ++i) {
    auto began = std::chrono::steady_clock::now();
    if (::pwrite(fd, &i, sizeof(i), 0) != sizeof(i) || ::fdatasync(fd) != 0)
      failed = errno;
    times.push_back(std::chrono::steady_clock::now() - began);
  }
  ::close(fd);
  ::unlink(file.c_str());
  if (failed != 0)
    return error{errc::io, std::strerror(failed)};
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

finding certificate_of(const fs::path& directory, const std::string& id) {
  finding out{health::ok, "certificate " + id, {}, {}};
  auto found = pki::check_certificate(directory / id / (id + ".pem"),
                                      directory / "ca" / "ca.pem");
  if (!found) {
    out.how = health::fail;
    out.detail = found.failure().message;
    out.advice = "remove what is left of it and `muster up` makes a new one";
    return out;
  }
  auto days = std::to_string(found->left.count()) + " days left";
  out.detail = days;
  if (!found->good() || found->machine != id) {
    out.how = health::fail;
    out.detail = std::string{found->current ? "" : "not valid now; "}
                 + (found->issued_by_ca ? "" : "of another CA; ")
                 + (found->key_fits ? "" : "its key does not fit; ")
                 + (found->key_is_private ? "" : "others may read its key; ")
                 + (found->machine == id ? ""
                                         : "it is " + found->machine + "'s; ")
                 + days;
    out.advice = "remove " + (directory / id / (id + ".pem")).string()
                 + ", then `muster down` and `muster up`";
  } else if (found->left < certificate_warn) {
    out.how = health::warn;
    out.advice = "remove " + (directory / id / (id + ".pem")).string()
                 + ", then `muster down` and `muster up`";
  }
  return out;
}

finding port_of(uint16_t port, const std::string& name, bool runs) {
  finding out{health::ok, "port " + std::to_string(port), {}, {}};
  bool free = launch::port_is_free(port);
  if (runs && free) {
    out.how = health::warn;
    out.detail = name + " runs and does not listen (yet)";
    out.advice = "see its log";
  } else if (!runs && !free) {
    out.how = health::fail;
    out.detail = "in use, but not by " + name;
    out.advice = "find who listens: ss -ltnp 'sport = " + std::to_string(port)
                 + "'";
  } else {
    out.detail = runs ? name + " listens" : "free for " + name;
  }
  return out;
}

finding machine_at(const server_address& x, const std::string& advice) {
  http_caller caller{x};
  auto answered = caller.send({.target = "/readyz", .timeout = ask_timeout});
  finding one{health::ok,
              x.machine.empty() ? x.http : x.machine,
              "serves its shards",
              {}};
  if (!answered) {
    one.how = health::fail;
    one.detail = answered.failure().message;
    one.advice = advice;
  } else if (answered->status != 200) {
    one.how = health::warn;
    one.detail = "answers, but does not serve all its shards";
    one.advice = "muster status --shards";
  }
  return one;
}

} // namespace

const char* to_string(health x) {
  switch (x) {
    case health::ok:
      return "ok";
    case health::warn:
      return "warn";
    case health::fail:
      return "fail";
  }
  return "?";
}

findings check_clock() {
  std::string source;
  std::ifstream{clocksource_file} >> source;
  timespec now{};
  if (::clock_gettime(CLOCK_BOOTTIME, &now) != 0)
    return {{health::fail, "clock", "there is no CLOCK_BOOTTIME",
             "leases need it: use Linux 2.6.39 or newer"}};
  if (source.empty())
    return {{health::warn, "clock", "CLOCK_BOOTTIME; its source is not known",
             "look for the clocksource in dmesg"}};
  bool fast = source == "tsc" || source == "kvm-clock"
              || source == "arch_sys_counter"
              || source == "hyperv_clocksource_tsc_page";
  if (fast)
    return {{health::ok, "clock", "CLOCK_BOOTTIME on " + source, {}}};
  return {{health::warn, "clock", "CLOCK_BOOTTIME on " + source,
           "a read asks the clock; this source is slow, tsc is fast"}};
}

findings check_disk(const fs::path& directory) {
  struct statvfs space {};
  if (::statvfs(directory.c_str(), &space) != 0)
    return {{health::fail, "disk",
             directory.string() + ": " + std::strerror(errno),
             "make the directory, or name another with --dir"}};
  findings out;
  auto free = space.f_bavail * space.f_frsize;
  auto text = std::to_string(free / mib) + " MiB free in " + directory.string();
  if (free < disk_fail_bytes)
    out.push_back({health::fail, "disk", text, "make room"});
  else if (free < disk_warn_bytes)
    out.push_back({health::warn, "disk", text, "make room soon"});
  else
    out.push_back({health::ok, "disk", text, {}});
  auto sync = time_of_sync(directory);
  if (!sync)
    out.push_back({health::fail, "sync",
                   "cannot write and sync in " + directory.string() + ": "
                     + sync.failure().message,
                   "check the disk and the directory's owner"});
  else
    out.push_back({*sync > sync_warn ? health::warn : health::ok, "sync",
                   "a synced write takes " + show_nanoseconds(sync->count()),
                   *sync > sync_warn
                     ? "every write waits for it: take a faster disk"
                     : ""});
  return out;
}

findings check_programs(const launch::cluster_plan& plan) {
  auto found = launch::find_programs(plan);
  if (!found)
    return {{health::fail, "programs", found.failure().message,
             "build or install it"}};
  return {{health::ok,
           "programs",
           found->musterd + (found->etcd.empty() ? "" : ", " + found->etcd),
           {}}};
}

findings check_ports(const fs::path& directory,
                     const launch::cluster_plan& plan) {
  auto runs = [&](const std::string& name) {
    auto record = launch::read_record(launch::folder_of(directory, name));
    return record && launch::is_alive(*record);
  };
  findings out;
  for (auto& each : plan.machines) {
    out.push_back(port_of(each.peer_port, each.id, runs(each.id)));
    out.push_back(port_of(each.http_port, each.id + " HTTP", runs(each.id)));
  }
  for (auto& each : plan.etcd) {
    out.push_back(port_of(each.client_port, each.name, runs(each.name)));
    out.push_back(port_of(each.peer_port, each.name, runs(each.name)));
  }
  return out;
}

findings check_etcd(const launch::cluster_plan& plan) {
  findings out;
  for (auto& each : plan.etcd) {
    auto healthy = launch::etcd_is_healthy(etcd_caller(ask_timeout),
                                           each.client_port);
    out.push_back({healthy ? health::ok : health::fail, each.name,
                   std::string{healthy ? "healthy" : "does not answer"}
                     + " at 127.0.0.1:" + std::to_string(each.client_port),
                   healthy ? "" : "muster up, or see its log"});
  }
  return out;
}

findings check_certificates(const fs::path& directory,
                            const launch::cluster_plan& plan) {
  findings out;
  for (auto& each : plan.machines)
    out.push_back(certificate_of(directory, each.id));
  return out;
}

findings check_machines(const launch::cluster_plan& plan) {
  findings out;
  for (auto& each : plan.machines)
    out.push_back(
      machine_at({each.id, "127.0.0.1:" + std::to_string(each.http_port), {}},
                 "muster up, or see its log"));
  return out;
}

findings check_server(const server_address& x) {
  findings out{machine_at(x, "start musterd there, or name another --address")};
  if (out.front().how == health::fail)
    return out;
  http_caller caller{x};
  auto told = call_json(caller,
                        {.target = "/v1/status", .timeout = ask_timeout},
                        {"machines", "shards"});
  if (!told) {
    out.push_back({health::fail, "status", told.failure().message,
                   "name a machine's HTTP address: --address"});
    return out;
  }
  auto view = cluster_view(std::move(*told), deadline{ask_timeout});
  for (auto& each : view["machines"])
    if (auto state = text_of(each, "state"); state != "serving")
      out.push_back({health::warn, text_of(each, "id"), "is " + state,
                     "see its log, or start it"});
  auto served = served_shards(view);
  auto all = served == view["shards"].size();
  out.push_back({all ? health::ok : health::fail, "shards",
                 std::to_string(served) + " of "
                   + std::to_string(view["shards"].size()) + " are served",
                 all ? "" : "muster status --address " + x.http});
  return out;
}

} // namespace muster::cli
