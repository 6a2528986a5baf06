// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "allocator/resources.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace muster {

// Where records of the inventory are. All of a machine's are in its entity
// group, so they are in one shard, and a reservation on one machine is a
// command on one shard.
//
//     /machines/<id>                      what it has
//     /machines/<id>/alive                present while it runs
//     /machines/<id>/load                 how busy it is
//     /machines/<id>/devices/<d>          what a device has
//     /machines/<id>/free/cores           counters of what is left: permille,
//     /machines/<id>/free/memory            bytes,
//     /machines/<id>/free/gpus/<n>          permille,
//     /machines/<id>/free/devices/<d>       bytes
//     /machines/<id>/allocations/<a>      who has reserved what
//     /topology/links/<a>~<b>             two machines or switches are linked

enum class record_kind : uint8_t {
  other,
  machine,
  alive,
  load,
  device,
  counter,
  allocation,
  link,
};

/// What a key of the inventory names.
struct record_name {
  record_kind kind = record_kind::other;
  machine_id machine; // all but `link`
  std::string device; // device
  counter_name counter; // counter
  std::string allocation; // allocation
  std::string from; // link
  std::string to; // link

  bool operator==(const record_name&) const = default;
};

/// `other` for a key that is none of the above.
record_name parse_record_key(std::string_view key);

std::string machine_key(const machine_id& x);
std::string device_key(const machine_id& x, std::string_view device);
std::string counter_key(const machine_id& x, const counter_name& counter);
std::string allocation_key(const machine_id& x, std::string_view allocation);

/// The same for both orders of its ends.
std::string link_key(std::string_view a, std::string_view b);

} // namespace muster
