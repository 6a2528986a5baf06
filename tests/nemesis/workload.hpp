// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/client.hpp"
#include "tests/nemesis/pinner.hpp"
#include "tests/nemesis/policy_maker.hpp"
#include "tests/nemesis/session_owner.hpp"
#include "tests/nemesis/transactor.hpp"

#include <memory>
#include <thread>
#include <vector>

namespace muster::nemesis {

struct workload_options {
  uint64_t seed = 1;
  size_t clients = 32;
  /// Clients that send commands over several shards.
  size_t transactors = 4;
  /// Clients that own sessions.
  size_t owners = 3;
  size_t keys = 40;
  uint32_t shards = 1;
};

/// Clients in threads of their own, from being made to `stop`. Half of the keys
/// are under a prefix of which every machine pins a copy; of the others it has
/// the copies that reads bring.
class workload {
public:
  workload(const workload_options& options,
           const std::vector<cli::server_address>& machines);

  workload(const workload&) = delete;
  workload& operator=(const workload&) = delete;

  ~workload();

  /// Waits for the operations that are open.
  /// @returns what all clients were told
  sim::history stop();

  /// After `stop`: what the transactors did.
  const std::vector<std::unique_ptr<transactor>>& transactors() const {
    return transactors_;
  }

  const std::vector<std::unique_ptr<session_owner>>& owners() const {
    return owners_;
  }

  const policy_maker& policies() const {
    return policies_;
  }

private:
  pinner pinner_;
  policy_maker policies_;
  stop_flag stop_;
  std::vector<std::unique_ptr<client>> clients_;
  std::vector<std::unique_ptr<transactor>> transactors_;
  std::vector<std::unique_ptr<session_owner>> owners_;
  std::vector<std::thread> threads_;
};

/// The keys of a workload, in different shards.
std::vector<std::string> keys_of(const workload_options& x);

} // namespace muster::nemesis
