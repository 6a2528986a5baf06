// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/tls_session.hpp"

#include "runtime/pki/x509_name.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace muster {

/// An OpenSSL BIO that reads the session's input and appends to its output.
struct session_bio {
  static int read(BIO* bio, char* to, int size) {
    auto& self = *static_cast<tls_session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    auto n = std::min(self.input_.size(), static_cast<size_t>(size));
    if (n == 0) {
      BIO_set_retry_read(bio);
      return -1;
    }
    std::memcpy(to, self.input_.data(), n);
    self.input_ = self.input_.subspan(n);
    return static_cast<int>(n);
  }

  static int write(BIO* bio, const char* from, int size) {
    auto& self = *static_cast<tls_session*>(BIO_get_data(bio));
    BIO_clear_retry_flags(bio);
    self.output_.append(from, static_cast<size_t>(size));
    return size;
  }

  static long control(BIO*, int command, long, void*) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;
  }

  static int create(BIO* bio) {
    BIO_set_init(bio, 1);
    return 1;
  }

  static const BIO_METHOD* method() {
    static BIO_METHOD* const self = make();
    return self;
  }

  static BIO_METHOD* make() {
    auto* x = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK,
                           "muster session");
    if (x == nullptr)
      throw std::bad_alloc{};
    BIO_meth_set_read(x, read);
    BIO_meth_set_write(x, write);
    BIO_meth_set_ctrl(x, control);
    BIO_meth_set_create(x, create);
    return x;
  }
};

namespace {

constexpr size_t record_bytes_max = size_t{16} << 10;

} // namespace

void tls_session::deleter::operator()(ssl_st* x) const {
  SSL_free(x);
}

tls_session::tls_session(const tls_context& context, tls_role role,
                         uint64_t key_records_max)
  : ssl_(SSL_new(context.get())), key_records_max_(key_records_max) {
  auto* bio = BIO_new(session_bio::method());
  if (!ssl_ || bio == nullptr)
    throw std::bad_alloc{};
  BIO_set_data(bio, this);
  SSL_set_bio(ssl_.get(), bio, bio); // owns it now
  if (role == tls_role::dialler)
    SSL_set_connect_state(ssl_.get());
  else
    SSL_set_accept_state(ssl_.get());
}

tls_session::~tls_session() = default;

void tls_session::feed(std::span<const char> bytes) {
  assert(input_.empty());
  input_ = bytes;
}

void tls_session::handshake() {
  assert(!ready_ && !failed_);
  ERR_clear_error();
  auto done = SSL_do_handshake(ssl_.get());
  if (done == 1)
    ready_ = true;
  else
    fail(done);
}

size_t tls_session::read(std::span<char> to) {
  assert(ready_ && !to.empty());
  if (failed_)
    return 0;
  ERR_clear_error();
  size_t n = 0;
  auto done = SSL_read_ex(ssl_.get(), to.data(), to.size(), &n);
  if (done == 1)
    return n;
  fail(done);
  return 0;
}

void tls_session::write(std::string_view plain) {
  assert(ready_ && !plain.empty());
  if (failed_)
    return;
  ERR_clear_error();
  renew_key(plain.size());
  size_t n = 0;
  auto done = SSL_write_ex(ssl_.get(), plain.data(), plain.size(), &n);
  if (done != 1) {
    fail(done);
    failed_ = true; // the output never blocks: nothing to wait for
    return;
  }
  assert(n == plain.size());
}

bool tls_session::drained() const {
  return input_.empty() && SSL_has_pending(ssl_.get()) == 0;
}

std::optional<std::string> tls_session::peer_name() const {
  const auto* certificate = SSL_get0_peer_certificate(ssl_.get());
  if (!ready_ || certificate == nullptr
      || SSL_get_verify_result(ssl_.get()) != X509_V_OK)
    return std::nullopt;
  return common_name(*certificate);
}

void tls_session::fail(int ssl_result) {
  auto why = SSL_get_error(ssl_.get(), ssl_result);
  if (why == SSL_ERROR_WANT_READ)
    return;
  failed_ = true;
  auto verified = SSL_get_verify_result(ssl_.get());
  if (why == SSL_ERROR_ZERO_RETURN)
    failure_ = "closed by the peer";
  else if (verified != X509_V_OK)
    failure_ = X509_verify_cert_error_string(verified);
  else
    failure_ = tls_error_text();
}

void tls_session::renew_key(size_t plain_bytes) {
  key_records_ += plain_bytes / record_bytes_max + 1;
  if (key_records_ < key_records_max_)
    return;
  key_records_ = 0;
  SSL_key_update(ssl_.get(), SSL_KEY_UPDATE_NOT_REQUESTED);
}

} // namespace muster
