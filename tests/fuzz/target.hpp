// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

// What a file of this folder defines: one target, something that reads bytes
// which come from outside. Linked with driver/libfuzzer.cpp it is fuzzed
// (scripts/fuzz); linked with driver/replay.cpp it runs its seeds and the kept
// inputs of tests/fuzz/corpus/<target>/ in the normal build.

namespace muster::fuzz {

/// Feeds one input to the code under test and checks what must hold of it.
/// @returns whether the code accepted any of it
bool run(std::string_view input);

/// Inputs that `run` accepts: where fuzzing begins, and the proof that a
/// target has not gone deaf. Made by the code, so they follow its formats.
std::vector<std::string> seeds();

/// Ends the process, which libFuzzer counts as a finding, unless `holds`.
void require(bool holds, const char* what);

/// Takes the first `size` bytes of `input`, or what there is of them.
inline std::string_view take(std::string_view& input, size_t size) {
  auto taken = input.substr(0, size);
  input.remove_prefix(taken.size());
  return taken;
}

/// Takes a byte; 0 if there is none.
inline unsigned char take_byte(std::string_view& input) {
  auto taken = take(input, 1);
  return taken.empty() ? 0 : static_cast<unsigned char>(taken[0]);
}

} // namespace muster::fuzz
