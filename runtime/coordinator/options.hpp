// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <vector>

namespace leveldb {

class Env;

} // namespace leveldb

namespace muster {

/// Limits that every coordinator keeps. The same everywhere in a cluster,
/// else one machine writes what another cannot.
struct coordinator_options {
  /// From the call to its callback. 100 ms to 1 min. Too short: changes of
  /// configuration end `unknown` under load; too long: a takeover waits for
  /// an endpoint that hangs.
  std::chrono::milliseconds deadline{2000};

  /// Calls without an answer yet, queued or sent; the next one is answered
  /// `unavailable` at once, from the caller's thread. 1 to 10,000.
  size_t queue_max = 256;

  /// Keys and values of one transaction together. etcd refuses 1.5 MiB;
  /// beyond this limit it is `invalid_argument` before anything is sent.
  size_t txn_bytes_max = size_t{1} << 20;

  /// Compares of one transaction, and puts and deletes together. etcd's own
  /// default is 128 of each.
  size_t txn_operations_max = 128;
};

/// How to reach etcd.
struct etcd_options {
  coordinator_options limits;

  /// `http://` or `https://`, host and port, no path; the first one that
  /// answers is used until it fails. At least one.
  std::vector<std::string> endpoints;

  /// Empty: no password. Whoever has it may register a machine.
  std::string user;
  std::string password;

  /// PEM files. `ca_file` empty: the system's authorities. A client
  /// certificate needs both of its files; with a password, etcd denies one
  /// whose subject has a CommonName.
  std::string ca_file;
  std::string certificate_file;
  std::string key_file;

  /// False: a password is refused with an `http://` endpoint that is not a
  /// loopback address, since everyone on the way could read it.
  bool plaintext_password = false;

  /// Requests sent and not answered yet; watches have connections of their
  /// own. 1 to 64.
  size_t connections_max = 8;

  /// The largest answer that is read; a longer one counts as a broken
  /// connection. Bounds memory if an endpoint is not etcd.
  size_t answer_bytes_max = size_t{64} << 20;

  /// Pause before a broken watch is opened again; doubles from the first to
  /// the last. A change is noticed by polling meanwhile (M5).
  std::chrono::milliseconds watch_pause_min{100};
  std::chrono::milliseconds watch_pause_max{5000};

  /// Different prefixes watched, each a connection.
  size_t watches_max = 16;
};

/// Where the coordinator of a single machine keeps its keys.
struct embedded_options {
  coordinator_options limits;

  /// Made if it does not exist; one process at a time.
  std::string directory;

  /// How often ended leases are looked for. Smaller than a third of the
  /// shortest ttl.
  std::chrono::milliseconds expiry_poll{100};

  /// Watches, as `etcd_options::watches_max`.
  size_t watches_max = 16;

  /// The file system, not owned; null: the real one. For tests of disk
  /// errors.
  leveldb::Env* env = nullptr;
};

} // namespace muster
