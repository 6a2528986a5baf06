// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/messages.hpp"
#include "registry/story.hpp"

namespace muster {

// A story as a message: what `explain` asks other machines for.

explain_reply to_reply(uint64_t ticket, const story& x);
story to_story(const explain_reply& x);

} // namespace muster
