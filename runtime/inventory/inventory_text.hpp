// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/own_records.hpp"

namespace muster {

/// The text of what a machine publishes: JSON in the form that
/// `inventory_records.hpp` reads, with these members of a device more:
///
///     path, read_p99_ns, write_ns, write_p99_ns, share_permille, free_bytes,
///     gone
///
/// and of a load: cpu_permille, nic_permille, devices {"name": permille}. What
/// is 0, empty or not known is left out.
class inventory_text final : public own_record_codec {
public:
  std::string text_of(const machine_resources& x) const override;
  std::string text_of(const device_record& x) const override;
  std::string text_of(const load_record& x) const override;
  result<machine_resources> machine_of(std::string_view text) const override;
  result<device_record> device_of(std::string_view text) const override;
};

} // namespace muster
