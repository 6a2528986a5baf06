// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/discovery/host.hpp"

namespace muster {

/// The host that this process runs on.
class linux_host final : public host {
public:
  std::optional<std::string> read(const std::string& path) const override;
  std::vector<std::string>
  names_in(const std::string& directory) const override;
  bool exists(const std::string& path) const override;
  std::optional<std::string>
  device_number(const std::string& path) const override;
  result<disk_space> space_of(const std::string& path) const override;
  result<host_size> size() const override;
  result<device_timing> time(const std::string& directory) override;
};

} // namespace muster
