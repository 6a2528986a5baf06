// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "runtime/transport/connection.hpp"
#include "runtime/transport/credit_account.hpp"
#include "runtime/transport/hello.hpp"

#include <memory>
#include <optional>
#include <string>

namespace muster {

class inbound;

/// Decides about accepted connections; the acceptor.
class inbound_owner {
public:
  virtual ~inbound_owner() = default;

  /// Whether a machine with this certificate may say hello at all.
  virtual bool may_say_hello(const machine_id& name) = 0;

  /// Admits the connection, and closes those that it supersedes; or says why
  /// not.
  virtual std::optional<refusal> admit(inbound& from, const hello& x) = 0;

  /// The account of the admitted peer.
  virtual std::shared_ptr<credit_account> account_of(const machine_id& id) = 0;

  /// The peer has been welcomed and may be dialled at once.
  virtual void on_admitted(const peer& who) = 0;

  /// The last call for `gone`, which the owner lets go of.
  virtual void on_gone(inbound& gone) = 0;
};

/// One accepted connection: what the peer sends on it is delivered.
///
/// Invariants: (1) nothing is delivered before `admit`, nor after the
/// connection is closed; (2) a batch is delivered whole or not at all; (3) a
/// peer that sends more than one frame beyond its credit is cut off.
/// Owned by the acceptor. Not thread-safe: io thread only.
class inbound : public connection_handler,
                public std::enable_shared_from_this<inbound> {
public:
  /// @param owner  outlives the connection, or calls `close` before it goes
  inbound(std::shared_ptr<hub> shared, inbound_owner& owner);

  void start(connection::socket_type socket);
  void close(close_cause why, const std::string& detail);

  /// Sends more credit, if enough to be worth it was consumed.
  void return_credit();

  /// Who is at the other end; nothing before it was admitted.
  const std::optional<peer>& who() const {
    return who_;
  }

  lane on() const {
    return on_;
  }

  /// The name in the peer's certificate; nothing without TLS.
  std::optional<std::string> certificate_name() const {
    return connection_ ? connection_->peer_name() : std::nullopt;
  }

  void on_secured() override;
  void on_frame(const frame& x) override;
  bool next_batch(std::string& x) override;
  void on_silence() override;
  void on_closed(close_cause why, const std::string& detail) override;

private:
  void on_hello(const frame& x);
  void on_batch(const frame& x);
  void refuse(refusal why, const std::string& whom,
              const machine_versions& theirs = {});
  uint64_t credit() const;

  const std::shared_ptr<hub> hub_;
  inbound_owner* owner_;
  std::shared_ptr<connection> connection_;
  std::shared_ptr<credit_account> account_;
  std::optional<peer> who_;
  lane on_ = lane::data;
  uint64_t received_bytes_ = 0;
  uint64_t granted_bytes_ = 0;
};

} // namespace muster
