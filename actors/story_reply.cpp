// SPDX-License-Identifier: Apache-2.0
#include "actors/story_reply.hpp"

namespace muster {

explain_reply to_reply(uint64_t ticket, const story& x) {
  explain_reply out;
  out.ticket = ticket;
  out.found = true;
  out.id = x.id;
  out.what = x.what;
  out.shard = x.shard;
  out.version = x.version;
  out.detail = x.detail;
  out.operations = x.operations;
  out.participants = x.participants;
  out.attempts = x.attempts;
  out.duration_ns = x.duration_ns;
  out.from_log = x.from_log;
  return out;
}

story to_story(const explain_reply& x) {
  story out;
  out.id = x.id;
  out.what = x.what;
  out.shard = x.shard;
  out.version = x.version;
  out.detail = x.detail;
  out.operations = x.operations;
  out.participants = x.participants;
  out.attempts = x.attempts;
  out.duration_ns = x.duration_ns;
  out.from_log = x.from_log;
  return out;
}

} // namespace muster
