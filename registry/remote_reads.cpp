// SPDX-License-Identifier: Apache-2.0
#include "registry/remote_reads.hpp"

namespace muster {

remote_reads::remote_reads(remote_read_options options) : options_(options) {
  // nop
}

wire_message remote_reads::message_of(const remote_question& x) {
  if (x.listing)
    return list_request{x.ticket, x.shard, x.what};
  return read_request{x.ticket, x.shard, x.what};
}

bool remote_reads::ask(remote_question x, boot_time now, sends& out) {
  if (open_.size() >= options_.open_max)
    return false;
  out.emplace_back(x.shard, message_of(x));
  auto ticket = x.ticket;
  open_[ticket] = open_question{std::move(x), now + options_.resend};
  return true;
}

template <class Reply>
std::optional<remote_reads::answer> remote_reads::take(Reply x, boot_time now) {
  auto i = open_.find(x.ticket);
  if (i == open_.end())
    return std::nullopt;
  if (!x.answered) {
    i->second.next = now + options_.pause;
    return std::nullopt;
  }
  open_.erase(i);
  return answer{std::move(x)};
}

std::optional<remote_reads::answer> remote_reads::on_reply(read_reply x,
                                                           boot_time now) {
  return take(std::move(x), now);
}

std::optional<remote_reads::answer> remote_reads::on_reply(list_reply x,
                                                           boot_time now) {
  return take(std::move(x), now);
}

std::vector<uint64_t> remote_reads::on_tick(boot_time now, sends& out) {
  std::vector<uint64_t> over;
  for (auto& [ticket, open] : open_) {
    if (now >= open.what.deadline) {
      over.push_back(ticket);
    } else if (now >= open.next) {
      open.next = now + options_.resend;
      out.emplace_back(open.what.shard, message_of(open.what));
    }
  }
  for (auto ticket : over)
    open_.erase(ticket);
  return over;
}

} // namespace muster
