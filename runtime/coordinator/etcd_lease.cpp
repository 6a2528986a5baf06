// SPDX-License-Identifier: Apache-2.0
#include "runtime/coordinator/etcd_lease.hpp"

#include <utility>

namespace muster {

namespace {

error not_understood() {
  return error{errc::unavailable, "etcd lease: the answer is not etcd's"};
}

} // namespace

void etcd_lease::keep_alive(std::chrono::seconds ttl, boot_time deadline,
                            coordinator::callback<bool> then) {
  waiting_.push_back(std::move(then));
  if (waiting_.size() > 1)
    return;
  ttl_ = ttl;
  deadline_ = deadline;
  if (id_ == 0)
    grant();
  else
    renew();
}

void etcd_lease::on_ended(int64_t id) {
  if (id != id_ || id == 0)
    return;
  id_ = 0;
  has_lost_one_ = true;
}

void etcd_lease::renew() {
  session_.call({"/v3/lease/keepalive", etcd::encode_keep_alive(id_), deadline_,
                 false},
                [this](etcd_reply reply) { on_renewed(std::move(reply)); });
}

void etcd_lease::on_renewed(etcd_reply reply) {
  if (!reply.text)
    return answer(reply.text.failure());
  auto left = etcd::decode_keep_alive(*reply.text);
  if (!left)
    return answer(not_understood());
  if (*left == 0)
    on_ended(id_);
  // A transaction may have learned the end meanwhile.
  if (id_ == 0)
    return grant();
  answer(true);
}

void etcd_lease::grant() {
  session_.call({"/v3/lease/grant", etcd::encode_grant(ttl_.count()), deadline_,
                 false},
                [this](etcd_reply reply) { on_granted(std::move(reply)); });
}

void etcd_lease::on_granted(etcd_reply reply) {
  if (!reply.text)
    return answer(reply.text.failure());
  auto id = etcd::decode_grant(*reply.text);
  if (!id)
    return answer(not_understood());
  id_ = *id;
  answer(!std::exchange(has_lost_one_, false));
}

void etcd_lease::answer(const result<bool>& x) {
  for (auto& then : std::exchange(waiting_, {}))
    then(x);
}

} // namespace muster
