// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/discovery/host.hpp"

#include <map>
#include <set>
#include <string>

namespace muster::testing {

/// A host that is a map of files.
class fake_host : public host {
public:
  std::map<std::string, std::string> files;
  /// Device numbers by directory; those with an empty one have none.
  std::map<std::string, std::string> devices;
  std::map<std::string, disk_space> spaces;
  result<host_size> has = host_size{8, 1 << 30};
  result<device_timing> timing = device_timing{};
  std::vector<std::string> timed;
  mutable std::set<std::string> looked_into;

  /// A block device; `disk`: it is a partition of that one.
  void add_block(const std::string& number, const std::string& name,
                 const std::string& rotational, const std::string& disk = {}) {
    auto folder = "/sys/dev/block/" + number;
    files[folder + "/uevent"] = "MAJOR=8\nDEVNAME=" + name + "\n";
    files[folder + "/stat"] = "1 2 3 4 5 6 7 8 9 0 11\n";
    if (!disk.empty()) {
      files[folder + "/partition"] = "1\n";
      folder += "/..";
      files[folder + "/uevent"] = "DEVNAME=" + disk + "\n";
    }
    files[folder + "/queue/rotational"] = rotational + "\n";
  }

  void add_mount(const std::string& number, const std::string& directory,
                 uint64_t bytes, const std::string& options = "rw") {
    files["/proc/self/mountinfo"] += "22 1 " + number + " / " + directory + " "
                                     + options + " - ext4 /dev/x rw\n";
    devices[directory] = number;
    spaces[directory] = {bytes, bytes / 2};
  }

  void add_card(const std::string& name, const std::string& speed,
                const std::string& state = "up") {
    auto folder = "/sys/class/net/" + name;
    files[folder + "/device"] = "";
    files[folder + "/operstate"] = state + "\n";
    files[folder + "/speed"] = speed + "\n";
    files[folder + "/statistics/rx_bytes"] = "0\n";
    files[folder + "/statistics/tx_bytes"] = "0\n";
  }

  // -- host -------------------------------------------------------------------

  std::optional<std::string> read(const std::string& path) const override {
    auto i = files.find(path);
    return i != files.end() ? std::optional{i->second} : std::nullopt;
  }

  std::vector<std::string>
  names_in(const std::string& directory) const override {
    std::set<std::string> out;
    for (auto& [path, text] : files)
      if (path.starts_with(directory)) {
        auto rest = path.substr(directory.size());
        out.insert(rest.substr(0, rest.find('/')));
      }
    return {out.begin(), out.end()};
  }

  bool exists(const std::string& path) const override {
    return files.contains(path) || devices.contains(path);
  }

  std::optional<std::string>
  device_number(const std::string& path) const override {
    looked_into.insert(path);
    auto i = devices.find(path);
    return i != devices.end() && !i->second.empty() ? std::optional{i->second}
                                                    : std::nullopt;
  }

  result<disk_space> space_of(const std::string& path) const override {
    looked_into.insert(path);
    auto i = spaces.find(path);
    if (i == spaces.end())
      return error{errc::io, "cannot look into " + path};
    return i->second;
  }

  result<host_size> size() const override {
    return has;
  }

  result<device_timing> time(const std::string& directory) override {
    timed.push_back(directory);
    return timing;
  }
};

} // namespace muster::testing
