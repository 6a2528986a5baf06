// SPDX-License-Identifier: Apache-2.0
#include "runtime/store/entry_format.hpp"

#define XXH_INLINE_ALL
#include <boost/archive/binary_iarchive.hpp>
#include <boost/archive/binary_oarchive.hpp>
#include <boost/serialization/string.hpp>
#include <boost/serialization/vector.hpp>
#include <xxhash.h>

#include <streambuf>

namespace muster {

namespace {

constexpr char version = 1;
constexpr size_t header_bytes = 13;
constexpr unsigned archive_flags = boost::archive::no_header
                                   | boost::archive::no_codecvt;

/// Appends to a string, without the copy of a stringstream.
class string_sink : public std::streambuf {
public:
  explicit string_sink(std::string& to) : to_(to) {
    // nop
  }

protected:
  int_type overflow(int_type c) override {
    to_.push_back(static_cast<char>(c));
    return c;
  }

  std::streamsize xsputn(const char* s, std::streamsize n) override {
    to_.append(s, static_cast<size_t>(n));
    return n;
  }

private:
  std::string& to_;
};

class string_source : public std::streambuf {
public:
  explicit string_source(std::string_view from) {
    auto first = const_cast<char*>(from.data());
    setg(first, first, first + from.size());
  }
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
  string_sink sink{out};
  boost::archive::binary_oarchive archive{sink, archive_flags};
  archive << x;
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
    return bad("unknown format version");
  auto body = bytes.substr(header_bytes);
  if (get_number(bytes, 1, 4) != body.size())
    return bad("wrong length");
  if (get_number(bytes, 5, 8) != XXH3_64bits(body.data(), body.size()))
    return bad("wrong checksum");
  log_entry out;
  try {
    string_source source{body};
    boost::archive::binary_iarchive archive{source, archive_flags};
    archive >> out;
  } catch (const std::exception&) { // what Boost throws for a damaged archive
    return bad("undecodable");
  }
  return out;
}

} // namespace muster
