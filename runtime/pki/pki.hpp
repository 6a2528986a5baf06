// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

// A private certificate authority for one cluster, as files in a folder:
//
//   file      content                                           mode
//   ca.pem    certificate of the CA                             0644
//   ca.key    its private key: needed to issue, not to run      0600
//   <id>.pem  certificate of machine <id>, common name = id     0644
//   <id>.key  its private key                                   0600
//
// Keys are EC P-256 in PKCS #8 without a password. Every file is written beside
// its place, synced and renamed: a reader sees the old one or the new one.

namespace muster::pki {

struct ca_options {
  /// Shown in the CA's name, so that people can tell clusters apart.
  std::string cluster_id;

  /// How long the CA is valid; its certificates end no later. 1 or more.
  std::chrono::days valid{3650};
};

/// Makes a CA in `folder`, which is created with mode 0700 if absent.
///
/// `refused`: there is a CA already, nothing was changed; `io`: a file could
/// not be written.
status create_ca(const std::filesystem::path& folder,
                 const ca_options& options);

struct certificate_options {
  /// The machine; 1 to 63 of `a-z A-Z 0-9 . _ -`, the first a letter or a
  /// digit; not `ca`.
  std::string machine;

  /// Names and numeric addresses besides the machine id, 127.0.0.1 and ::1.
  std::vector<std::string> hosts;

  /// How long it is valid, cut at the CA's end. 1 or more.
  std::chrono::days valid{825};
};

/// Issues a certificate with a new key, signed by the CA in `ca_folder`, into
/// `to_folder`; replaces an older one (that is how it is renewed).
///
/// `invalid_argument`: an option is out of bounds; `not_found`: there is no CA;
/// `corrupt`: its files are unreadable or do not belong together; `io`: a file
/// could not be written.
status issue_certificate(const std::filesystem::path& ca_folder,
                         const std::filesystem::path& to_folder,
                         const certificate_options& options);

/// What the doctor shows of a certificate.
struct certificate_report {
  /// Its common name.
  std::string machine;
  /// Until its end, rounded down; negative once it is over.
  std::chrono::days left{0};
  /// Its time has begun and is not over.
  bool current = false;
  /// Signed by the CA that it was checked with.
  bool issued_by_ca = false;
  /// Its private key was found beside it (`x.pem`, `x.key`) and fits.
  bool key_fits = false;
  /// Nobody but the owner may read the private key.
  bool key_is_private = false;
  /// May be used by both ends of a connection.
  bool for_both_ends = false;

  /// Nothing is wrong with it.
  bool good() const {
    return current && issued_by_ca && key_fits && key_is_private
           && for_both_ends;
  }
};

/// Looks at the certificate in the file `certificate`, trusting the CA
/// certificate in the file `ca`. The time is the system's.
///
/// `not_found`: one of the files is missing; `corrupt`: one is no certificate.
result<certificate_report>
check_certificate(const std::filesystem::path& certificate,
                  const std::filesystem::path& ca);

/// 32 random bytes from the cryptographic generator as 64 hexadecimal digits,
/// a valid bearer token (RFC 6750). `io`: the generator has no entropy.
result<std::string> random_token();

} // namespace muster::pki
