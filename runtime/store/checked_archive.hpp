// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <boost/archive/archive_exception.hpp>
#include <boost/archive/binary_iarchive_impl.hpp>
#include <boost/archive/impl/basic_binary_iarchive.ipp>
#include <boost/archive/impl/basic_binary_iprimitive.ipp>
#include <boost/serialization/array_optimization.hpp>
#include <boost/serialization/collection_size_type.hpp>
#include <boost/serialization/string.hpp>

#include <cstddef>
#include <cstdint>
#include <streambuf>
#include <string>
#include <utility>

namespace muster {

/// Boost's binary archive, reading memory that may hold anything: a length
/// that claims more than is left ends with an `archive_exception` before
/// anything is allocated for it, where Boost's own would allocate first. What
/// it reads is what `boost::archive::binary_oarchive` writes.
///
/// Not thread-safe. It keeps nothing between two plain values.
class checked_archive
  : public boost::archive::binary_iarchive_impl<checked_archive, char,
                                                std::char_traits<char>> {
public:
  /// @param flags  as for Boost's; `no_header` for values in memory
  checked_archive(std::streambuf& from, unsigned flags)
    : binary_iarchive_impl(from, flags), from_(from) {
    init(flags);
  }

  // What Boost's archives call, of which these two know a length.

  template <class T>
  void load_override(T& x) {
    binary_iarchive_impl::load_override(x);
  }

  void load_override(boost::serialization::collection_size_type& x) {
    binary_iarchive_impl::load_override(x);
    // Each element of our types is a number of 4 bytes, or has one.
    require(std::as_const(x), sizeof(uint32_t));
  }

  using binary_iarchive_impl::load;

  void load(bool& x) {
    unsigned char byte = 0;
    binary_iarchive_impl::load_binary(&byte, 1);
    if (byte > 1)
      fail();
    x = byte == 1;
  }

  void load(std::string& x) {
    size_t size = 0;
    load(size);
    require(size, 1);
    binary_iarchive_impl::load_binary(prepare(x, size), size);
  }

private:
  static char* prepare(std::string& x, size_t size) {
    x.resize(size);
    return x.data();
  }

  void require(size_t count, size_t bytes_each) {
    if (count > static_cast<size_t>(from_.in_avail()) / bytes_each)
      fail();
  }

  static void fail() {
    boost::serialization::throw_exception(boost::archive::archive_exception(
      boost::archive::archive_exception::input_stream_error));
  }

  std::streambuf& from_;
};

} // namespace muster

// As Boost's binary archives have it; it changes what a vector looks like.
BOOST_SERIALIZATION_USE_ARRAY_OPTIMIZATION(muster::checked_archive)
