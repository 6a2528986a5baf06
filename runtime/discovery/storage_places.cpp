// SPDX-License-Identifier: Apache-2.0
#include "runtime/discovery/storage_places.hpp"

#include "allocator/resources.hpp"
#include "runtime/discovery/system_text.hpp"

#include <algorithm>
#include <array>

namespace muster {

namespace {

/// Smaller file systems are of the firmware, or of the boot loader.
constexpr uint64_t discovered_bytes_min = uint64_t{1} << 30;

/// Block devices that store nothing of their own.
constexpr std::array not_disks{"loop", "ram", "zram", "fd", "sr"};

/// A block device, and the disk that it is a part of.
struct block_device {
  std::string name; // vda1
  std::string disk; // vda
  std::string kind;
};

std::string name_in(const host& at, const std::string& folder) {
  auto text = at.read(folder + "/uevent");
  return text ? parse_uevent(*text, "DEVNAME").value_or("") : std::string{};
}

block_device look_at(const host& at, const std::string& number) {
  auto folder = "/sys/dev/block/" + number;
  block_device out;
  out.name = name_in(at, folder);
  // The link's target lies below its disk.
  if (at.exists(folder + "/partition"))
    folder += "/..";
  out.disk = name_in(at, folder);
  auto text = at.read(folder + "/queue/rotational");
  constexpr uint64_t unknown = 2;
  auto rotates = text ? parse_system_number(*text).value_or(unknown) : unknown;
  if (out.disk.starts_with("nvme"))
    out.kind = "nvme";
  else if (rotates < unknown)
    out.kind = rotates == 1 ? "hdd" : "ssd";
  return out;
}

class finder {
public:
  finder(const host& at, const storage_options& x, complaints& to)
    : at_(at), options_(x), to_(to) {
    // nop
  }

  std::vector<storage_place> run() {
    for (auto& each : options_.devices)
      add_configured(each);
    if (options_.discover)
      add_mounted();
    std::sort(out_.begin(), out_.end(),
              [](auto& a, auto& b) { return a.what.name < b.what.name; });
    if (out_.size() > machine_devices_max) {
      to_.say("more than " + std::to_string(machine_devices_max)
              + " devices: the others are left out");
      out_.resize(machine_devices_max);
    }
    return std::move(out_);
  }

private:
  bool is_excluded(const std::string& x) const {
    auto& all = options_.excluded;
    return !x.empty() && std::any_of(all.begin(), all.end(), [&](auto& each) {
      return each == x || each == "/dev/" + x;
    });
  }

  bool is_excluded(const device_option& x, const block_device& on) const {
    return is_excluded(x.name) || is_excluded(x.path) || is_excluded(on.name)
           || is_excluded(on.disk);
  }

  void add_configured(const device_option& x) {
    if (is_excluded(x.name) || is_excluded(x.path))
      return;
    if (!at_.exists(x.path))
      return to_.say("device " + x.name + ": there is no directory " + x.path);
    auto number = at_.device_number(x.path).value_or("");
    auto on = number.empty() ? block_device{} : look_at(at_, number);
    if (is_excluded(x, on))
      return;
    if (on.kind.empty())
      to_.say("device " + x.name + ": of which kind it is cannot be told");
    out_.push_back({x, std::move(number), std::move(on.kind)});
  }

  void add_mounted() {
    auto text = at_.read("/proc/self/mountinfo");
    if (!text)
      return to_.say(
        "/proc/self/mountinfo cannot be read: only directories "
        "of the configuration are devices");
    for (auto& mount : parse_mounts(*text))
      if (mount.whole && mount.writable && !mount.device.starts_with("0:"))
        add_mounted(mount);
  }

  void add_mounted(const mount_entry& x) {
    auto on = look_at(at_, x.device);
    auto is_such = [&](auto name) { return on.name.starts_with(name); };
    auto is_there = [&](auto& p) { return p.number == x.device; };
    if (on.name.empty()
        || std::any_of(not_disks.begin(), not_disks.end(), is_such)
        || std::any_of(out_.begin(), out_.end(), is_there))
      return;
    device_option what;
    what.name = on.name;
    std::replace(what.name.begin(), what.name.end(), '/', '-');
    what.path = x.directory;
    if (is_excluded(what, on))
      return;
    auto space = at_.space_of(x.directory);
    if (space && space->total >= discovered_bytes_min)
      out_.push_back({std::move(what), x.device, std::move(on.kind)});
  }

  const host& at_;
  const storage_options& options_;
  complaints& to_;
  std::vector<storage_place> out_;
};

} // namespace

std::vector<storage_place> find_places(const host& at, const storage_options& x,
                                       complaints& to) {
  return finder{at, x, to}.run();
}

} // namespace muster
