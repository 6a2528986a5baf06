// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/pki/openssl_types.hpp"

#include <filesystem>
#include <string_view>

namespace muster::pki {

/// Replaces the file as a whole. `io`: the system says no.
status write_file(const std::filesystem::path& path, std::string_view bytes,
                  mode_t mode);

/// Both fail with `not_found` (no such file) or `corrupt`.
result<certificate_ptr> read_certificate(const std::filesystem::path& path);
result<key_ptr> read_key(const std::filesystem::path& path);

status write_certificate(const std::filesystem::path& path, X509* x);

/// With mode 0600.
status write_key(const std::filesystem::path& path, EVP_PKEY* x);

} // namespace muster::pki
