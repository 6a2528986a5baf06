// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/store_format.hpp"

#include "runtime/store/checked_archive.hpp"

#define XXH_INLINE_ALL
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <xxhash.h>

#include <bit>
#include <cassert>
#include <cstring>
#include <streambuf>

namespace muster::store_format {

namespace {

constexpr uint16_t version = 1;
constexpr size_t envelope_bytes = 16;
constexpr size_t checked_bytes = 8;
constexpr unsigned archive_flags = boost::archive::no_header
                                   | boost::archive::no_codecvt;

static_assert(std::endian::native == std::endian::little,
              "values are written as they lie in memory");

/// Appends to a string what an archive writes.
class string_sink : public std::streambuf {
public:
  explicit string_sink(std::string& to) : to_(to) {
    // nop
  }

private:
  std::streamsize xsputn(const char* data, std::streamsize size) override {
    to_.append(data, static_cast<size_t>(size));
    return size;
  }

  int_type overflow(int_type c) override {
    if (!traits_type::eq_int_type(c, traits_type::eof()))
      to_.push_back(traits_type::to_char_type(c));
    return traits_type::not_eof(c);
  }

  std::string& to_;
};

/// Lets an archive read a string that someone else owns.
class view_source : public std::streambuf {
public:
  explicit view_source(std::string_view from) {
    auto first = const_cast<char*>(from.data()); // setg's type; never written
    setg(first, first, first + from.size());
  }
};

std::string key_of(std::string_view prefix, uint64_t number, size_t size) {
  auto key = std::string{prefix};
  for (auto i = size; i-- > 0;)
    key.push_back(static_cast<char>(number >> (8 * i)));
  return key;
}

uint64_t checksum(uint64_t seed, std::string_view value) {
  // Two steps, since the checksum lies between what it covers; the head is
  // folded into the seed, which is cheaper than XXH3's streaming interface.
  auto head = XXH3_64bits_withSeed(value.data(), checked_bytes, seed);
  auto payload = value.substr(envelope_bytes);
  return XXH3_64bits_withSeed(payload.data(), payload.size(), head);
}

void seal(std::string& value, uint64_t seed, uint32_t count) {
  assert(value.size() >= envelope_bytes);
  const uint16_t zero = 0;
  std::memcpy(value.data(), &version, 2);
  std::memcpy(value.data() + 2, &zero, 2);
  std::memcpy(value.data() + 4, &count, 4);
  auto sum = checksum(seed, value);
  std::memcpy(value.data() + checked_bytes, &sum, 8);
}

error damaged(std::string what) {
  return {errc::corrupt, std::move(what)};
}

/// The count in an envelope that holds.
result<uint32_t> open_envelope(uint64_t seed, std::string_view value) {
  if (value.size() < envelope_bytes)
    return damaged("shorter than its envelope");
  auto found_version = uint16_t{0};
  auto count = uint32_t{0};
  auto sum = uint64_t{0};
  std::memcpy(&found_version, value.data(), 2);
  std::memcpy(&count, value.data() + 4, 4);
  std::memcpy(&sum, value.data() + checked_bytes, 8);
  if (sum != checksum(seed, value))
    return damaged("checksum does not match");
  if (found_version > version)
    return error{errc::invalid_argument,
                 "a newer program wrote it, in format "
                   + std::to_string(found_version)
                   + ", and this one reads formats up to "
                   + std::to_string(version) + ": start the newer one again"};
  if (found_version != version)
    return damaged("format version " + std::to_string(found_version)
                   + " is unknown to this program");
  return count;
}

/// Runs `body` on an archive of the payload; every byte must be used.
template <class Body>
status decode(uint64_t seed, std::string_view value, Body&& body) {
  auto count = open_envelope(seed, value);
  if (!count)
    return count.failure();
  try {
    view_source source{value.substr(envelope_bytes)};
    checked_archive ar{source, archive_flags};
    if (auto done = body(ar, *count); !done)
      return done;
    if (source.in_avail() > 0)
      return damaged("bytes are left over");
    return ok();
  } catch (const std::exception& e) {
    // The checksum held, so this is a writer's defect, not the disk's.
    return damaged(std::string{"cannot be decoded: "} + e.what());
  }
}

template <class Body>
std::string encode(uint64_t seed, Body&& body) {
  auto value = std::string(envelope_bytes, '\0');
  string_sink sink{value};
  boost::archive::binary_oarchive ar{sink, archive_flags};
  body(ar);
  seal(value, seed, 0);
  return value;
}

} // namespace

std::string group_key(uint64_t number) {
  return key_of(group_prefix, number, 8);
}

std::string header_key(shard_id shard) {
  return key_of(header_prefix, shard.value, 4);
}

std::string row_key(shard_id shard, std::string_view key) {
  return key_of(row_prefix, shard.value, 4).append(key);
}

uint64_t number_in_key(std::string_view key, size_t offset, size_t size) {
  assert(key.size() >= offset + size);
  auto number = uint64_t{0};
  for (auto c : key.substr(offset, size))
    number = number << 8 | static_cast<unsigned char>(c);
  return number;
}

// The archive is made once: making it costs more than a small group.
struct group_encoder::archive {
  explicit archive(std::string& to) : sink(to), out(sink, archive_flags) {
    // nop
  }

  string_sink sink;
  boost::archive::binary_oarchive out;
};

group_encoder::group_encoder() : archive_(std::make_unique<archive>(buffer_)) {
  // nop
}

group_encoder::~group_encoder() = default;

void group_encoder::begin(uint64_t number) {
  number_ = number;
  count_ = 0;
  buffer_.assign(envelope_bytes, '\0');
}

void group_encoder::add(const store_change& x) {
  auto kind = static_cast<uint8_t>(x.what);
  archive_->out << kind << x.shard.value << x.at.value << x.bytes;
  ++count_;
}

std::string_view group_encoder::finish() {
  assert(count_ > 0);
  seal(buffer_, number_, count_);
  return buffer_;
}

status decode_group(uint64_t number, std::string_view value,
                    const std::function<status(store_change)>& then) {
  return decode(number, value, [&](auto& ar, uint32_t count) -> status {
    for (auto i = uint32_t{0}; i < count; ++i) {
      auto kind = uint8_t{0};
      store_change x;
      ar >> kind >> x.shard.value >> x.at.value >> x.bytes;
      if (kind > static_cast<uint8_t>(store_change::kind::reset))
        return damaged("a change of unknown kind");
      x.what = static_cast<store_change::kind>(kind);
      if (auto done = then(std::move(x)); !done)
        return done;
    }
    return ok();
  });
}

std::string encode_header(shard_id shard, const shard_header& x) {
  return encode(shard.value, [&](auto& ar) {
    ar << x.checkpoint.value << x.floor.group << x.floor.ordinal << x.meta;
  });
}

result<shard_header> decode_header(shard_id shard, std::string_view value) {
  shard_header x;
  auto done = decode(shard.value, value, [&](auto& ar, uint32_t) {
    ar >> x.checkpoint.value >> x.floor.group >> x.floor.ordinal >> x.meta;
    return ok();
  });
  if (!done)
    return done.failure();
  return x;
}

std::string encode_id(store_id x) {
  return encode(0, [&](auto& ar) { ar << x.value; });
}

result<store_id> decode_id(std::string_view value) {
  store_id x;
  auto done = decode(0, value, [&](auto& ar, uint32_t) {
    ar >> x.value;
    return x.value != 0 ? ok() : status{damaged("0 is no store id")};
  });
  if (!done)
    return done.failure();
  return x;
}

std::string encode_note(const std::string& x) {
  return encode(0, [&](auto& ar) { ar << x; });
}

result<std::string> decode_note(std::string_view value) {
  std::string x;
  auto done = decode(0, value, [&](auto& ar, uint32_t) {
    ar >> x;
    return ok();
  });
  if (!done)
    return done.failure();
  return x;
}

} // namespace muster::store_format
