// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/shard_context.hpp"

#include <map>
#include <optional>

namespace muster {

/// A replica that has joined a primary's term: an in-sync backup or a learner.
///
/// Life cycle: made by the primary's first message of a term or session (join
/// or snapshot, L3); `ready` once the cut and the term are durable; destroyed
/// by a newer session, a drop, a fence or a takeover.
///
/// Invariants: (1) it acknowledges only what is durable here; (2) the keys of
/// an entry are marked invalid before its acknowledgement leaves (3.3.4) and
/// until its commit is heard; (3) it covers its primary only while the newest
/// assignment names that primary in this term (T3).
///
/// Not thread-safe; owned by one actor.
class backup_role {
public:
  backup_role(shard_context& ctx, peer primary, flow link);

  /// L3: cuts the log to what it shares with the primary's, makes term and
  /// cut durable; `joined` is sent then.
  void start_join(const join& x);

  /// Takes a snapshot's next chunk; chunk 0 clears what is here.
  void on_snapshot(const snapshot& x);

  void on_prepare(const prepare& x);
  void on_commit(sequence upto);
  void on_durable(uint64_t token);
  void on_checkpoint(sequence upto);

  /// A lease of the primary covers this replica for reads until `end`.
  void on_lease(const cover& what, boot_time end);
  void on_lease_lost(const cover& what);

  /// The newest assignment has changed, or a takeover begins or ends.
  /// @param may_cover  false: it has asked to be swapped in
  void update_cover(bool may_cover);

  /// Says again what it said last: the primary asked again.
  void repeat_joined();
  void repeat_snapshot_ack(const snapshot& x);

  const peer& primary() const {
    return primary_;
  }

  const flow& link() const {
    return link_;
  }

  /// Whether everything up to `upto` of this primary's log is durable here.
  bool has(sequence upto) const {
    return ready_ && durable_ >= upto;
  }

  bool ready() const {
    return ready_;
  }

  /// What is durable here of this primary's log; acknowledged if ready.
  sequence durable() const {
    return durable_;
  }

  /// Whether it covers the primary with its leases.
  bool covers_primary() const {
    return covering_;
  }

  bool installing() const {
    return installing_.has_value();
  }

  /// Whether the last chunk of this snapshot is here and its rows are being
  /// written.
  bool whole(sequence as_of) const {
    return installing_ && installing_->as_of == as_of && installing_->whole;
  }

private:
  /// Link of a message to the primary: the same but for the addressee.
  flow reply_link() const;
  void acknowledge();
  void become_ready();
  bool append(const std::string& bytes, std::vector<log_change>& changes);
  void install();

  struct transfer {
    sequence as_of;
    uint32_t next = 0;
    bool whole = false;
    std::vector<snapshot_row> rows;
  };

  shard_context& ctx_;
  peer primary_;
  flow link_;
  bool ready_ = false;
  bool covering_ = false;
  bool may_cover_ = true;
  sequence shared_;
  sequence durable_;
  sequence heard_; // committed at the primary
  uint64_t ready_token_ = 0;
  std::map<uint64_t, sequence> durable_at_;
  std::optional<transfer> installing_;
};

} // namespace muster
