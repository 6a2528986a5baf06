// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"
#include "runtime/transport/options.hpp"

#include <memory>

struct ssl_ctx_st;

namespace muster {

/// What all TLS sessions of a machine share: its certificate, and the only CA
/// it trusts. TLS 1.3, both ends show a certificate, no resumption.
/// Thread-safe once made.
class tls_context {
public:
  /// Empty; sessions cannot be made of it.
  tls_context() = default;

  /// Reads the files. `invalid_argument`: one is missing, unreadable or does
  /// not belong to the others.
  static result<tls_context> load(const tls_files& files);

  ssl_ctx_st* get() const {
    return context_.get();
  }

private:
  std::shared_ptr<ssl_ctx_st> context_;
};

/// The text of OpenSSL's oldest queued error; clears the queue.
std::string tls_error_text();

} // namespace muster
