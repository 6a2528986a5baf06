// SPDX-License-Identifier: Apache-2.0

// No read allocates. The operators below are the whole test program's.

#include "tests/unit/read_table/fixture.hpp"

#include <catch2/catch.hpp>

#include <cstddef>
#include <cstdlib>
#include <new>

namespace {

thread_local size_t allocation_count = 0;

void* allocate(size_t bytes, size_t alignment) {
  ++allocation_count;
  auto rounded = (bytes + alignment) / alignment * alignment;
  return std::aligned_alloc(alignment, rounded);
}

void* allocate_or_throw(size_t bytes, size_t alignment) {
  if (auto* x = allocate(bytes, alignment))
    return x;
  throw std::bad_alloc{};
}

} // namespace

void* operator new(size_t bytes) {
  return allocate_or_throw(bytes, alignof(std::max_align_t));
}

void* operator new(size_t bytes, const std::nothrow_t&) noexcept {
  return allocate(bytes, alignof(std::max_align_t));
}

void* operator new(size_t bytes, std::align_val_t alignment) {
  return allocate_or_throw(bytes, static_cast<size_t>(alignment));
}

void* operator new(size_t bytes, std::align_val_t alignment,
                   const std::nothrow_t&) noexcept {
  return allocate(bytes, static_cast<size_t>(alignment));
}

void operator delete(void* x) noexcept {
  std::free(x);
}

void operator delete(void* x, size_t) noexcept {
  std::free(x);
}

void operator delete(void* x, std::align_val_t) noexcept {
  std::free(x);
}

void operator delete(void* x, size_t, std::align_val_t) noexcept {
  std::free(x);
}

using namespace muster;
using namespace muster::test;

TEST_CASE_METHOD(table_fixture, "reads of a key do not allocate",
                 "[allocation]") {
  begin_whole();
  put("/a", std::string(128, 'v'));
  put("/deleted", "v");
  erase("/deleted");
  put("/invalid", "v");
  invalidate({"/invalid"});
  std::string buffer;
  buffer.reserve(128);
  sequence version;
  // The first read of a thread may register the thread's slot.
  table.copy_to(shard, "/a", buffer, version);

  auto before = allocation_count;
  for (int i = 0; i < 100; ++i)
    for (auto key : {"/a", "/deleted", "/invalid", "/absent"})
      table.copy_to(shard, key, buffer, version);
  CHECK(allocation_count == before);
}

TEST_CASE_METHOD(table_fixture, "the count of allocations works",
                 "[allocation]") {
  auto before = allocation_count;
  begin();
  put("/a", "v");
  CHECK(allocation_count > before);
}
