// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/nemesis/link_proxy.hpp"

#include <boost/asio/executor_work_guard.hpp>

#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace muster::nemesis {

/// The links between machines, numbered from 0, in a thread of its own: one
/// proxy for each ordered pair (who dials, who is dialled).
///
/// Thread-safe, but for being made and destroyed.
class network {
public:
  using link = std::pair<size_t, size_t>;

  /// @param ports  where each machine listens
  /// Error: `in_use`.
  static result<std::unique_ptr<network>>
  start(const std::vector<uint16_t>& ports);

  network(const network&) = delete;
  network& operator=(const network&) = delete;

  ~network();

  /// The port on which `x.first` reaches `x.second`.
  uint16_t port(link x) const;

  /// Adds the faults under `name`; the same name again replaces them. What
  /// several names ask of one link adds up.
  void apply(size_t name, std::map<link, link_faults> faults);

  /// Takes back what was added under `name`.
  void heal(size_t name);

  /// Sums over these links since the start.
  proxy_session::counters count(const std::vector<link>& which);

private:
  network() = default;

  void set_all();

  /// Runs `f` in the thread and waits for it.
  template <class F>
  void in_thread(F f);

  boost::asio::io_context io_{1};
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type>
    work_{io_.get_executor()};
  std::map<link, std::unique_ptr<link_proxy>> proxies_;
  std::map<size_t, std::map<link, link_faults>> faults_;
  std::thread thread_;
};

} // namespace muster::nemesis
