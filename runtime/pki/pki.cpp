// SPDX-License-Identifier: Apache-2.0
#include "runtime/pki/pki.hpp"

#include "runtime/pki/files.hpp"

#include <openssl/err.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <arpa/inet.h>

namespace muster::pki {

namespace {

namespace fs = std::filesystem;

/// Certificates begin a little earlier, as clocks differ.
constexpr long clock_slack_seconds = 300;
constexpr size_t machine_bytes_max = 63;

error internal_failure() {
  return openssl_failure(errc::io, "cannot make a certificate");
}

bool is_machine_id(const std::string& x) {
  auto alphanumeric = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
           || (c >= '0' && c <= '9');
  };
  return !x.empty() && x.size() <= machine_bytes_max && alphanumeric(x[0])
         && std::all_of(x.begin(), x.end(), [&](char c) {
              return alphanumeric(c) || c == '.' || c == '_' || c == '-';
            });
}

bool is_address(const std::string& x) {
  unsigned char bytes[16];
  return inet_pton(AF_INET, x.c_str(), bytes) == 1
         || inet_pton(AF_INET6, x.c_str(), bytes) == 1;
}

bool add_extension(X509* x, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, x, nullptr, nullptr, 0);
  std::unique_ptr<X509_EXTENSION, freed_by<X509_EXTENSION_free>> extension{
    X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  return extension && X509_add_ext(x, extension.get(), -1) == 1;
}

bool set_name(X509* x, const std::string& organisation,
              const std::string& common) {
  auto* name = X509_get_subject_name(x);
  auto add = [name](const char* field, const std::string& value) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
    return value.empty()
           || X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes,
                                         static_cast<int>(value.size()), -1, 0)
                == 1;
  };
  return add("O", organisation) && add("CN", common);
}

bool set_serial(X509* x) {
  unsigned char bytes[16];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    return false;
  bytes[0] = static_cast<unsigned char>((bytes[0] & 0x7f) | 0x40);
  std::unique_ptr<BIGNUM, freed_by<BN_free>> number{
    BN_bin2bn(bytes, sizeof bytes, nullptr)};
  return number
         && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(x))
              != nullptr;
}

bool set_validity(X509* x, std::chrono::days valid) {
  return X509_gmtime_adj(X509_getm_notBefore(x), -clock_slack_seconds)
         && X509_time_adj_ex(X509_getm_notAfter(x),
                             static_cast<int>(valid.count()), 0, nullptr);
}

/// An unsigned certificate of `key` with what all have in common.
certificate_ptr begin(EVP_PKEY* key, std::chrono::days valid) {
  certificate_ptr x{X509_new()};
  if (!x || X509_set_version(x.get(), X509_VERSION_3) != 1
      || !set_serial(x.get()) || !set_validity(x.get(), valid)
      || X509_set_pubkey(x.get(), key) != 1)
    return nullptr;
  return x;
}

bool sign_ca(X509* x, EVP_PKEY* key, const std::string& cluster_id) {
  return set_name(x, "Muster", "Muster CA " + cluster_id.substr(0, 48))
         && X509_set_issuer_name(x, X509_get_subject_name(x)) == 1
         && add_extension(x, x, NID_basic_constraints,
                          "critical,CA:TRUE,pathlen:0")
         && add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign")
         && add_extension(x, x, NID_subject_key_identifier, "hash")
         && X509_sign(x, key, EVP_sha256()) > 0;
}

std::string alternative_names(const certificate_options& options) {
  auto names = "DNS:" + options.machine + ",IP:127.0.0.1,IP:::1";
  for (const auto& host : options.hosts)
    names += (is_address(host) ? ",IP:" : ",DNS:") + host;
  return names;
}

bool sign_machine(X509* x, X509* ca, EVP_PKEY* ca_key,
                  const certificate_options& options) {
  // Nothing outlives its issuer.
  const auto* end = X509_get0_notAfter(ca);
  auto cut = ASN1_TIME_compare(X509_get0_notAfter(x), end) <= 0
             || X509_set1_notAfter(x, end) == 1;
  return cut && set_name(x, "Muster", options.machine)
         && X509_set_issuer_name(x, X509_get_subject_name(ca)) == 1
         && add_extension(x, ca, NID_basic_constraints, "critical,CA:FALSE")
         && add_extension(x, ca, NID_key_usage, "critical,digitalSignature")
         && add_extension(x, ca, NID_ext_key_usage, "serverAuth,clientAuth")
         && add_extension(x, ca, NID_subject_key_identifier, "hash")
         && add_extension(x, ca, NID_authority_key_identifier, "keyid")
         && add_extension(x, ca, NID_subject_alt_name,
                          alternative_names(options))
         && X509_sign(x, ca_key, EVP_sha256()) > 0;
}

status check(const certificate_options& options) {
  if (!is_machine_id(options.machine) || options.machine == "ca")
    return error{errc::invalid_argument,
                 "\"" + options.machine
                   + "\" is no machine id for a certificate: 1 to 63 letters, "
                     "digits, '.', '_', '-', and not \"ca\""};
  if (options.valid < std::chrono::days{1})
    return error{errc::invalid_argument,
                 "a certificate must be valid for a day or more"};
  for (const auto& host : options.hosts)
    if (!is_address(host) && !is_machine_id(host))
      return error{errc::invalid_argument,
                   "\"" + host + "\" is no host name or address"};
  return ok();
}

} // namespace

status create_ca(const fs::path& folder, const ca_options& options) {
  ERR_clear_error();
  if (options.valid < std::chrono::days{1})
    return error{errc::invalid_argument,
                 "a CA must be valid for a day or more"};
  std::error_code failure;
  if (fs::create_directories(folder, failure))
    fs::permissions(folder, fs::perms::owner_all, failure);
  if (failure)
    return error{errc::io, "cannot create the folder " + folder.string() + ": "
                             + failure.message()};
  if (fs::exists(folder / "ca.key", failure)
      || fs::exists(folder / "ca.pem", failure))
    return error{errc::refused, "there is a CA in " + folder.string()
                                  + " already; its certificates would all "
                                    "become invalid"};
  key_ptr key{EVP_EC_gen("P-256")};
  auto x = key ? begin(key.get(), options.valid) : nullptr;
  if (!x || !sign_ca(x.get(), key.get(), options.cluster_id))
    return internal_failure();
  if (auto done = write_key(folder / "ca.key", key.get()); !done)
    return done;
  return write_certificate(folder / "ca.pem", x.get());
}

status issue_certificate(const fs::path& ca_folder, const fs::path& to_folder,
                         const certificate_options& options) {
  ERR_clear_error();
  if (auto good = check(options); !good)
    return good;
  auto ca = read_certificate(ca_folder / "ca.pem");
  if (!ca)
    return ca.failure();
  auto ca_key = read_key(ca_folder / "ca.key");
  if (!ca_key)
    return ca_key.failure();
  if (X509_check_private_key(ca->get(), ca_key->get()) != 1)
    return openssl_failure(errc::corrupt, "ca.key is not the key of ca.pem in "
                                            + ca_folder.string());
  key_ptr key{EVP_EC_gen("P-256")};
  auto x = key ? begin(key.get(), options.valid) : nullptr;
  if (!x || !sign_machine(x.get(), ca->get(), ca_key->get(), options))
    return internal_failure();
  auto done = write_key(to_folder / (options.machine + ".key"), key.get());
  if (!done)
    return done;
  return write_certificate(to_folder / (options.machine + ".pem"), x.get());
}

result<std::string> random_token() {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof bytes) != 1)
    return openssl_failure(errc::io, "the random generator failed");
  constexpr const char* digits = "0123456789abcdef";
  std::string token;
  for (auto byte : bytes) {
    token.push_back(digits[byte >> 4]);
    token.push_back(digits[byte & 15]);
  }
  return token;
}

} // namespace muster::pki
