// SPDX-License-Identifier: Apache-2.0
#include "registry/story.hpp"

namespace muster {

const char* to_string(participation x) {
  switch (x) {
    case participation::origin:
      return "origin";
    case participation::home:
      return "home";
    case participation::backup:
      return "backup";
    case participation::copy_of_prefix:
      return "copy of prefix";
    case participation::acquired_in_flight:
      return "copy acquired in flight";
    case participation::policy:
      return "policy";
  }
  return "?";
}

const char* to_string(outcome x) {
  switch (x) {
    case outcome::pending:
      return "pending";
    case outcome::committed:
      return "committed";
    case outcome::refused:
      return "refused";
    case outcome::unavailable:
      return "unavailable";
    case outcome::unknown:
      return "unknown";
  }
  return "?";
}

const char* to_string(served_from x) {
  switch (x) {
    case served_from::primary:
      return "primary";
    case served_from::backup:
      return "backup";
    case served_from::copy:
      return "copy";
  }
  return "?";
}

error error_of(const command_answer& x) {
  auto code = errc::unknown;
  if (x.what == outcome::refused)
    code = x.id_reused ? errc::id_reused : errc::refused;
  else if (x.what == outcome::unavailable)
    code = errc::unavailable;
  return error{code, x.detail.empty() ? to_string(x.what) : x.detail};
}

} // namespace muster
