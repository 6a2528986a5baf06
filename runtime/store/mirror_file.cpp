// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/mirror_file.hpp"

#include "registry/key.hpp"
#include "runtime/store/durable_file.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>

namespace muster {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view head = "muster mirrors 1\n";

std::string checksum_line(std::string_view before) {
  std::array<char, 32> text{};
  std::snprintf(
    text.data(), text.size(), "checksum=%016llx\n",
    static_cast<unsigned long long>(XXH64(before.data(), before.size(), 0)));
  return text.data();
}

error damaged(const std::string& name) {
  return error{errc::corrupt, name + " is damaged, or of a newer version"};
}

} // namespace

result<std::set<std::string>> read_mirrors(const std::string& name) {
  std::set<std::string> out;
  std::error_code code;
  if (!fs::exists(name, code) && !code)
    return out;
  std::ifstream in{name, std::ios::binary};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  if (!in.is_open() || in.bad())
    return error{errc::io, "cannot read " + name};
  auto last = text.rfind("checksum=");
  if (!text.starts_with(head) || last == std::string::npos
      || text.substr(last) != checksum_line(text.substr(0, last)))
    return damaged(name);
  std::istringstream lines{text.substr(head.size(), last - head.size())};
  for (std::string line; std::getline(lines, line);) {
    auto prefix = normalize_prefix(line);
    if (!prefix || *prefix != line)
      return damaged(name);
    out.insert(line);
  }
  return out;
}

status write_mirrors(const std::string& name,
                     const std::set<std::string>& prefixes) {
  std::string text{head};
  for (auto& prefix : prefixes) // a key has no line break
    text += prefix + "\n";
  auto next = name + ".new";
  if (auto done = write_durably(next, text + checksum_line(text)); !done)
    return done;
  std::error_code code;
  fs::rename(next, name, code);
  if (code)
    return error{errc::io, "cannot rename " + next + ": " + code.message()};
  return sync_directory(name.substr(0, name.rfind('/')));
}

} // namespace muster
