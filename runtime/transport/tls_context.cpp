// SPDX-License-Identifier: Apache-2.0
#include "runtime/transport/tls_context.hpp"

#include <openssl/err.h>
#include <openssl/ssl.h>

namespace muster {

namespace {

error failure(const std::string& what) {
  return {errc::invalid_argument, what + ": " + tls_error_text()};
}

/// AES-128 first: the fastest where the processor has AES instructions.
constexpr const char* ciphers
  = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
    "TLS_CHACHA20_POLY1305_SHA256";

/// A machine's certificate and the CA's.
constexpr int chain_depth_max = 2;

status harden(SSL_CTX* ctx) {
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
                     nullptr);
  SSL_CTX_set_verify_depth(ctx, chain_depth_max);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  SSL_CTX_set_mode(ctx, SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  if (SSL_CTX_set_num_tickets(ctx, 0) != 1
      || SSL_CTX_set_min_proto_version(ctx, TLS1_3_VERSION) != 1
      || SSL_CTX_set_ciphersuites(ctx, ciphers) != 1)
    return failure("cannot set up TLS 1.3");
  return ok();
}

status use_files(SSL_CTX* ctx, const tls_files& files) {
  if (SSL_CTX_load_verify_file(ctx, files.ca.c_str()) != 1)
    return failure("cannot use the CA certificate " + files.ca);
  if (SSL_CTX_use_certificate_chain_file(ctx, files.certificate.c_str()) != 1)
    return failure("cannot use the certificate " + files.certificate);
  if (SSL_CTX_use_PrivateKey_file(ctx, files.key.c_str(), SSL_FILETYPE_PEM)
      != 1)
    return failure("cannot use the private key " + files.key);
  if (SSL_CTX_check_private_key(ctx) != 1)
    return failure(files.key + " is not the key of " + files.certificate);
  return ok();
}

} // namespace

result<tls_context> tls_context::load(const tls_files& files) {
  ERR_clear_error();
  tls_context x;
  x.context_.reset(SSL_CTX_new(TLS_method()), SSL_CTX_free);
  if (!x.context_)
    return failure("cannot make a TLS context");
  if (auto done = harden(x.get()); !done)
    return done.failure();
  if (auto done = use_files(x.get(), files); !done)
    return done.failure();
  return x;
}

std::string tls_error_text() {
  auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0)
    return "no reason given";
  const auto* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

} // namespace muster
