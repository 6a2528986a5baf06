// SPDX-License-Identifier: Apache-2.0
#include "tests/nemesis/network.hpp"

#include <boost/asio/post.hpp>

#include <future>

namespace muster::nemesis {

result<std::unique_ptr<network>>
network::start(const std::vector<uint16_t>& ports) {
  std::unique_ptr<network> out{new network};
  for (size_t from = 0; from < ports.size(); ++from)
    for (size_t to = 0; to < ports.size(); ++to) {
      if (from == to)
        continue;
      auto proxy = link_proxy::open(out->io_, 0, ports[to]);
      if (!proxy)
        return proxy.failure();
      out->proxies_[{from, to}] = std::move(*proxy);
    }
  out->thread_ = std::thread{[io = &out->io_] { io->run(); }};
  return out;
}

network::~network() {
  io_.stop();
  if (thread_.joinable())
    thread_.join();
}

uint16_t network::port(link x) const {
  return proxies_.at(x)->port();
}

void network::apply(size_t name, std::map<link, link_faults> faults) {
  in_thread([&] {
    faults_[name] = std::move(faults);
    set_all();
  });
}

void network::heal(size_t name) {
  in_thread([&] {
    faults_.erase(name);
    set_all();
  });
}

proxy_session::counters network::count(const std::vector<link>& which) {
  proxy_session::counters out;
  in_thread([&] {
    for (auto& each : which) {
      auto& count = proxies_.at(each)->count();
      out.resets += count.resets;
      out.stalled_chunks += count.stalled_chunks;
    }
  });
  return out;
}

void network::set_all() {
  for (auto& [where, proxy] : proxies_) {
    link_faults sum;
    for (auto& [name, faults] : faults_)
      if (auto i = faults.find(where); i != faults.end())
        sum |= i->second;
    proxy->set_faults(sum);
  }
}

template <class F>
void network::in_thread(F f) {
  std::promise<void> done;
  boost::asio::post(io_, [&] {
    f();
    done.set_value();
  });
  done.get_future().wait();
}

} // namespace muster::nemesis
