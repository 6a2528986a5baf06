// SPDX-License-Identifier: Apache-2.0
#include "runtime/read_table/record.hpp"

#include <cassert>
#include <cstring>
#include <new>

namespace muster::lock_free {

namespace {

constexpr std::align_val_t alignment{record_alignment};

} // namespace

void free_record(const record* x) noexcept {
  // `record` is trivially destructible.
  ::operator delete(const_cast<record*>(x), alignment);
}

record_ptr make_record(record head, std::string_view key,
                       std::string_view value) {
  assert(key.size() <= UINT16_MAX);
  assert(value.size() <= UINT32_MAX);
  head.key_size = static_cast<uint16_t>(key.size());
  head.value_size = static_cast<uint32_t>(value.size());
  auto* memory = ::operator new(head.size_bytes(), alignment);
  auto* made = new (memory) record{head};
  auto* bytes = reinterpret_cast<char*>(made + 1);
  std::memcpy(bytes, key.data(), key.size());
  if (!value.empty())
    std::memcpy(bytes + key.size(), value.data(), value.size());
  return record_ptr{made};
}

} // namespace muster::lock_free
