// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace muster {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
}

/// Length of the UTF-8 sequence at `s[i]`, or 0 if it is not valid (overlong
/// forms, surrogates and code points above U+10FFFF are not).
size_t utf8_length(std::string_view s, size_t i) {
  auto at = [&](size_t k) { return static_cast<unsigned char>(s[k]); };
  auto tail = [&](size_t k) { return k < s.size() && (at(k) & 0xC0) == 0x80; };
  auto c = at(i);
  if (c < 0x80)
    return 1;
  if (c >= 0xC2 && c <= 0xDF)
    return tail(i + 1) ? 2 : 0;
  if (c >= 0xE0 && c <= 0xEF) {
    if (!tail(i + 1) || !tail(i + 2))
      return 0;
    if ((c == 0xE0 && at(i + 1) < 0xA0) || (c == 0xED && at(i + 1) > 0x9F))
      return 0;
    return 3;
  }
  if (c >= 0xF0 && c <= 0xF4) {
    if (!tail(i + 1) || !tail(i + 2) || !tail(i + 3))
      return 0;
    if ((c == 0xF0 && at(i + 1) < 0x90) || (c == 0xF4 && at(i + 1) > 0x8F))
      return 0;
    return 4;
  }
  return 0;
}

} // namespace

status check_key(std::string_view key) {
  if (key.empty() || key[0] != '/')
    return bad("a key begins with '/'");
  if (key.size() > key_bytes_max)
    return bad("the key has " + std::to_string(key.size())
               + " bytes, the limit is " + std::to_string(key_bytes_max));
  if (key.size() == 1 || key.back() == '/')
    return bad("a key does not end with '/'");
  for (size_t i = 0; i < key.size();) {
    auto n = utf8_length(key, i);
    if (n == 0)
      return bad("the key is not valid UTF-8 at byte " + std::to_string(i));
    auto c = static_cast<unsigned char>(key[i]);
    if (c < 0x20 || c == 0x7F)
      return bad("the key has a control character at byte "
                 + std::to_string(i));
    if (c == '/' && i > 0 && key[i - 1] == '/')
      return bad("the key has an empty segment at byte " + std::to_string(i));
    i += n;
  }
  return ok();
}

result<std::string> normalize_prefix(std::string_view prefix) {
  if (prefix == "/")
    return std::string{prefix};
  if (prefix.size() > 1 && prefix.back() == '/')
    prefix.remove_suffix(1);
  if (auto checked = check_key(prefix); !checked)
    return checked.failure();
  return std::string{prefix};
}

bool covers(std::string_view prefix, std::string_view key) {
  if (prefix == "/")
    return true;
  return key.starts_with(prefix)
         && (key.size() == prefix.size() || key[prefix.size()] == '/');
}

std::string_view entity_group(std::string_view key) {
  auto second = key.find('/', 1);
  if (second == std::string_view::npos)
    return key;
  return key.substr(0, key.find('/', second + 1));
}

shard_id shard_of(std::string_view key, uint32_t shard_count) {
  auto group = entity_group(key);
  auto hash = XXH64(group.data(), group.size(), 0);
  return shard_id{static_cast<uint32_t>(hash % shard_count)};
}

bool within_one_shard(std::string_view prefix) {
  return prefix != "/" && prefix.find('/', 1) != std::string_view::npos;
}

} // namespace muster
