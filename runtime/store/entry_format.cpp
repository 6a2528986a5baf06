// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/entry_format.hpp"

#include "runtime/store/checked_archive.hpp"

#define XXH_INLINE_ALL
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/level.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/tracking.hpp>
#include <boost/serialization/vector.hpp>
#include <xxhash.h>

#include <optional>
#include <streambuf>

// Plain values: no object tracking, no class ids and no version for each
// class, whose look-ups took most of a decoding. The header's version covers
// the whole entry.
#define MUSTER_PLAIN(type) \
  BOOST_CLASS_IMPLEMENTATION(type, boost::serialization::object_serializable) \
  BOOST_CLASS_TRACKING(type, boost::serialization::track_never)

MUSTER_PLAIN(muster::machine_id)
MUSTER_PLAIN(muster::incarnation)
MUSTER_PLAIN(muster::command_id)
MUSTER_PLAIN(muster::term)
MUSTER_PLAIN(muster::sequence)
MUSTER_PLAIN(muster::peer)
MUSTER_PLAIN(muster::operation)
MUSTER_PLAIN(muster::effect)
MUSTER_PLAIN(muster::participant)
MUSTER_PLAIN(muster::shard_id)
MUSTER_PLAIN(muster::attempt_name)
MUSTER_PLAIN(muster::plan)
MUSTER_PLAIN(muster::part_plan)
MUSTER_PLAIN(muster::log_entry)
MUSTER_PLAIN(std::vector<muster::shard_id>)
MUSTER_PLAIN(std::vector<muster::operation>)
MUSTER_PLAIN(std::vector<muster::effect>)
MUSTER_PLAIN(std::vector<muster::participant>)
MUSTER_PLAIN(std::vector<int64_t>)
MUSTER_PLAIN(std::vector<muster::machine_id>)

#undef MUSTER_PLAIN

namespace muster {

namespace {

constexpr char version = entry_format::newest_version;
constexpr size_t header_bytes = 13;
constexpr unsigned archive_flags = boost::archive::no_header
                                   | boost::archive::no_codecvt;

/// Appends to a string, without the copy of a stringstream.
class string_sink : public std::streambuf {
public:
  std::string* to = nullptr;

protected:
  int_type overflow(int_type c) override {
    to->push_back(static_cast<char>(c));
    return c;
  }

  std::streamsize xsputn(const char* s, std::streamsize n) override {
    to->append(s, static_cast<size_t>(n));
    return n;
  }
};

class string_source : public std::streambuf {
public:
  void read(std::string_view from) {
    auto first = const_cast<char*>(from.data());
    setg(first, first, first + from.size());
  }
};

// An archive of plain values keeps nothing between two of them, and making one
// costs as much as an entry (a locale): each thread keeps its own.

struct encoder {
  string_sink sink;
  boost::archive::binary_oarchive archive{sink, archive_flags};
};

struct decoder {
  string_source source;
  checked_archive archive{source, archive_flags};
};

void put_number(std::string& out, size_t at, uint64_t x, size_t bytes) {
  for (size_t i = 0; i < bytes; ++i)
    out[at + i] = static_cast<char>((x >> (8 * (bytes - 1 - i))) & 0xFF);
}

uint64_t get_number(std::string_view in, size_t at, size_t bytes) {
  uint64_t out = 0;
  for (size_t i = 0; i < bytes; ++i)
    out = (out << 8) | static_cast<unsigned char>(in[at + i]);
  return out;
}

} // namespace

std::string entry_format::encode(const log_entry& x) const {
  std::string out;
  out.reserve(512);
  out.resize(header_bytes);
  thread_local encoder with;
  with.sink.to = &out;
  with.archive << x;
  auto body = std::string_view{out}.substr(header_bytes);
  out[0] = version;
  put_number(out, 1, body.size(), 4);
  put_number(out, 5, XXH3_64bits(body.data(), body.size()), 8);
  return out;
}

result<log_entry> entry_format::decode(std::string_view bytes) const {
  auto bad = [](const char* what) {
    return error{errc::corrupt, std::string{"log entry: "} + what};
  };
  if (bytes.size() < header_bytes)
    return bad("too short");
  if (bytes[0] != version)
    return error{errc::corrupt,
                 "log entry: format version "
                   + std::to_string(static_cast<unsigned char>(bytes[0]))
                   + " is not " + std::to_string(version)};
  auto body = bytes.substr(header_bytes);
  if (get_number(bytes, 1, 4) != body.size())
    return bad("wrong length");
  if (get_number(bytes, 5, 8) != XXH3_64bits(body.data(), body.size()))
    return bad("wrong checksum");
  log_entry out;
  thread_local std::optional<decoder> with;
  if (!with)
    with.emplace();
  try {
    with->source.read(body);
    with->archive >> out;
  } catch (const std::exception&) { // what Boost throws for a damaged archive
    with.reset();
    return bad("undecodable");
  }
  return out;
}

} // namespace muster
