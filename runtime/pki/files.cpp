// SPDX-License-Identifier: Apache-2.0
#include "runtime/pki/files.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace muster::pki {

namespace {

namespace fs = std::filesystem;

error system_failure(const std::string& what, const fs::path& path) {
  return {errc::io, what + " " + path.string() + ": " + std::strerror(errno)};
}

bool write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

std::string_view content(BIO* bio) {
  char* data = nullptr;
  auto size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<size_t>(size)};
}

/// Keys never ask for a password on the terminal.
int no_password(char*, int, int, void*) {
  return -1;
}

template <class Pointer, class Read>
result<Pointer> read_pem(const fs::path& path, const char* kind, Read read) {
  ERR_clear_error();
  std::error_code ignored;
  if (!fs::exists(path, ignored))
    return error{errc::not_found, "there is no file " + path.string()};
  bio_ptr bio{BIO_new_file(path.c_str(), "r")};
  if (!bio)
    return openssl_failure(errc::io, "cannot read " + path.string());
  Pointer x{read(bio.get())};
  if (!x)
    return openssl_failure(errc::corrupt, path.string() + " holds no " + kind);
  return x;
}

} // namespace

error openssl_failure(errc code, const std::string& what) {
  const auto* reason = ERR_reason_error_string(ERR_get_error());
  ERR_clear_error();
  return {code, reason != nullptr ? what + ": " + reason : what};
}

status write_file(const fs::path& path, std::string_view bytes, mode_t mode) {
  auto beside = path;
  beside += ".new";
  ::unlink(beside.c_str()); // what a crash may have left
  // O_EXCL and the mode from the start: a key is never readable by others.
  auto fd = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
                   mode);
  if (fd < 0)
    return system_failure("cannot create", beside);
  auto written = write_all(fd, bytes) && ::fchmod(fd, mode) == 0
                 && ::fsync(fd) == 0;
  auto closed = ::close(fd) == 0;
  if (!written || !closed || ::rename(beside.c_str(), path.c_str()) != 0) {
    auto failure = system_failure("cannot write", path);
    ::unlink(beside.c_str());
    return failure;
  }
  return ok();
}

result<certificate_ptr> read_certificate(const fs::path& path) {
  return read_pem<certificate_ptr>(path, "certificate", [](BIO* bio) {
    return PEM_read_bio_X509(bio, nullptr, no_password, nullptr);
  });
}

result<key_ptr> read_key(const fs::path& path) {
  return read_pem<key_ptr>(path, "private key", [](BIO* bio) {
    return PEM_read_bio_PrivateKey(bio, nullptr, no_password, nullptr);
  });
}

status write_certificate(const fs::path& path, X509* x) {
  bio_ptr bio{BIO_new(BIO_s_mem())};
  if (!bio || PEM_write_bio_X509(bio.get(), x) != 1)
    return openssl_failure(errc::io, "cannot encode a certificate");
  return write_file(path, content(bio.get()), 0644);
}

status write_key(const fs::path& path, EVP_PKEY* x) {
  bio_ptr bio{BIO_new(BIO_s_secmem())};
  if (!bio
      || PEM_write_bio_PKCS8PrivateKey(bio.get(), x, nullptr, nullptr, 0,
                                       nullptr, nullptr)
           != 1)
    return openssl_failure(errc::io, "cannot encode a private key");
  return write_file(path, content(bio.get()), 0600);
}

} // namespace muster::pki
