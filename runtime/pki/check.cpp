// SPDX-License-Identifier: Apache-2.0
#include "runtime/pki/files.hpp"
#include "runtime/pki/pki.hpp"
#include "runtime/pki/x509_name.hpp"

#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

namespace muster::pki {

namespace {

namespace fs = std::filesystem;

/// Whether `ca` signed `x`, whatever the time is.
bool issued_by(X509* x, X509* ca) {
  std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>> store{
    X509_STORE_new()};
  std::unique_ptr<X509_STORE_CTX, freed_by<X509_STORE_CTX_free>> context{
    X509_STORE_CTX_new()};
  if (!store || !context || X509_STORE_add_cert(store.get(), ca) != 1
      || X509_STORE_CTX_init(context.get(), store.get(), x, nullptr) != 1)
    return false;
  X509_STORE_CTX_set_flags(context.get(), X509_V_FLAG_NO_CHECK_TIME);
  return X509_verify_cert(context.get()) == 1;
}

bool for_both_ends(X509* x) {
  return X509_check_purpose(x, X509_PURPOSE_SSL_CLIENT, 0) == 1
         && X509_check_purpose(x, X509_PURPOSE_SSL_SERVER, 0) == 1;
}

bool is_private(const fs::path& path) {
  std::error_code failure;
  auto others = fs::perms::group_all | fs::perms::others_all;
  auto found = fs::status(path, failure).permissions();
  return !failure && (found & others) == fs::perms::none;
}

} // namespace

result<certificate_report> check_certificate(const fs::path& certificate,
                                             const fs::path& ca) {
  auto x = read_certificate(certificate);
  if (!x)
    return x.failure();
  auto issuer = read_certificate(ca);
  if (!issuer)
    return issuer.failure();
  certificate_report report;
  auto* raw = x->get();
  report.machine = common_name(*raw).value_or("");
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, nullptr, X509_get0_notAfter(raw)) != 1)
    return error{errc::corrupt, certificate.string() + " has no valid end"};
  // A diff within a day before now has 0 days and negative seconds.
  report.left = std::chrono::days{seconds < 0 ? days - 1 : days};
  report.current = X509_cmp_current_time(X509_get0_notBefore(raw)) < 0
                   && X509_cmp_current_time(X509_get0_notAfter(raw)) > 0;
  report.issued_by_ca = issued_by(raw, issuer->get());
  report.for_both_ends = for_both_ends(raw);
  auto key_path = fs::path{certificate}.replace_extension(".key");
  if (auto key = read_key(key_path)) {
    report.key_fits = X509_check_private_key(raw, key->get()) == 1;
    report.key_is_private = is_private(key_path);
  }
  ERR_clear_error(); // a key that does not fit leaves one
  return report;
}

} // namespace muster::pki
