// SPDX-License-Identifier: Apache-2.0
#include "registry/key.hpp"

#include "registry/utf8.hpp"

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace muster {

namespace {

error bad(std::string text) {
  return error{errc::invalid_argument, std::move(text)};
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
