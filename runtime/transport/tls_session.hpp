// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/tls_context.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

struct ssl_st;
struct bio_st;

namespace muster {

enum class tls_role : uint8_t { dialler, acceptor };

/// One TLS connection as a function of bytes: ciphertext is fed in and plain
/// text read; plain text is written and ciphertext taken out. It has no socket,
/// so a batch of any size leaves as one buffer.
///
/// Life cycle: `handshake` (again after each `feed`) until `ready`, then `read`
/// after each `feed`, and `write`; useless once `failed`.
/// Not thread-safe; does not move.
class tls_session {
public:
  /// After so many records the sending key is renewed: AES-GCM's limit
  /// is 2^24.5 (RFC 8446, 5.5).
  static constexpr uint64_t records_per_key = uint64_t{1} << 22;

  tls_session(const tls_context& context, tls_role role,
              uint64_t key_records_max = records_per_key);
  ~tls_session();
  tls_session(const tls_session&) = delete;
  tls_session& operator=(const tls_session&) = delete;

  /// Provides received bytes; they must stay until `read` returned 0, or
  /// `handshake` returned without being ready.
  void feed(std::span<const char> bytes);

  /// Goes on with the handshake as far as the bytes fed allow.
  void handshake();

  /// Decrypts into `to`. Returns how many bytes; 0 = feed more, or failed.
  size_t read(std::span<char> to);

  /// Encrypts all of `plain` into `output`.
  void write(std::string_view plain);

  /// Ciphertext to be sent; the caller takes it out.
  std::string& output() {
    return output_;
  }

  /// All that was fed is read, up to a part of a record at most; `read` need
  /// not be asked.
  bool drained() const;

  bool ready() const {
    return ready_;
  }

  /// The peer broke the protocol, closed TLS, or has no valid certificate.
  bool failed() const {
    return failed_;
  }

  /// Why it failed.
  const std::string& failure() const {
    return failure_;
  }

  /// The common name of the peer's certificate, once ready.
  std::optional<std::string> peer_name() const;

private:
  friend struct session_bio;

  void fail(int ssl_result);
  void renew_key(size_t plain_bytes);

  struct deleter {
    void operator()(ssl_st* x) const;
  };

  std::unique_ptr<ssl_st, deleter> ssl_;
  std::span<const char> input_;
  std::string output_;
  std::string failure_;
  uint64_t key_records_max_;
  uint64_t key_records_ = 0;
  bool ready_ = false;
  bool failed_ = false;
};

} // namespace muster
