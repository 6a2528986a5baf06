// SPDX-License-Identifier: Apache-2.0
#include "runtime/pki/x509_name.hpp"

#include <openssl/x509.h>

namespace muster {

std::optional<std::string> common_name(const x509_st& certificate) {
  const auto* subject = X509_get_subject_name(&certificate);
  auto at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (at < 0 || X509_NAME_get_index_by_NID(subject, NID_commonName, at) >= 0)
    return std::nullopt;
  const auto* data = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
  unsigned char* bytes = nullptr;
  auto size = ASN1_STRING_to_UTF8(&bytes, data);
  if (size <= 0)
    return std::nullopt;
  std::string name(reinterpret_cast<char*>(bytes), static_cast<size_t>(size));
  OPENSSL_free(bytes);
  // `m1\0.evil` must not pass for `m1` anywhere.
  if (name.find('\0') != std::string::npos)
    return std::nullopt;
  return name;
}

} // namespace muster
