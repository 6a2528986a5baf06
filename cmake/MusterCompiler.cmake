# SPDX-License-Identifier: Apache-2.0
#
# What holds for every target: language, warnings, sanitizers, compiler cache.

set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/bin")
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/lib")

# No -DNDEBUG: assertions guard invariants in production too.
set(CMAKE_CXX_FLAGS_RELEASE "-O2")
if(NOT CMAKE_BUILD_TYPE AND NOT MUSTER_SANITIZE)
  set(CMAKE_BUILD_TYPE Release)
endif()

add_compile_options(-Wall -Wextra -Wshadow -Wconversion)
if(MUSTER_WERROR)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND MUSTER_SANITIZE)
  # GCC 12 reports it falsely inside <regex> when it instruments.
  add_compile_options(-Wno-maybe-uninitialized)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  # Clang counts a friend's local names against the class's members.
  add_compile_options(-Wno-shadow)
endif()
include_directories("${CMAKE_SOURCE_DIR}")

if(MUSTER_SANITIZE STREQUAL "address")
  # vptr, null and alignment triple the compile time of an actor file.
  set(flags -fsanitize=address,undefined
            -fno-sanitize=vptr,null,alignment -fno-sanitize-recover=undefined)
  add_compile_options(-O1 -g1 -fno-omit-frame-pointer ${flags})
  add_link_options(${flags})
elseif(MUSTER_SANITIZE STREQUAL "thread")
  add_compile_options(-O1 -g1 -fsanitize=thread)
  add_link_options(-fsanitize=thread)
elseif(MUSTER_SANITIZE STREQUAL "fuzzer")
  set(flags -fsanitize=fuzzer-no-link,address,undefined)
  add_compile_options(-O1 -g1 ${flags} -fno-sanitize=vptr,null,alignment)
  add_link_options(${flags})
elseif(MUSTER_SANITIZE)
  message(FATAL_ERROR "MUSTER_SANITIZE is address, thread, fuzzer or empty")
endif()

find_program(MUSTER_CCACHE ccache)
if(MUSTER_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  # Paths below the base directory are cached as relative ones, so that a second
  # clone or a work tree is compiled from the cache.
  set(CMAKE_CXX_COMPILER_LAUNCHER
      "${CMAKE_COMMAND}" -E env "CCACHE_BASEDIR=${CMAKE_SOURCE_DIR}"
      CCACHE_NOHASHDIR=1 "${MUSTER_CCACHE}")
endif()
