// SPDX-License-Identifier: Apache-2.0
#include "registry/result.hpp"

namespace muster {

const char* to_string(errc x) {
  switch (x) {
    case errc::invalid_argument:
      return "invalid_argument";
    case errc::not_found:
      return "not_found";
    case errc::refused:
      return "refused";
    case errc::id_reused:
      return "id_reused";
    case errc::unavailable:
      return "unavailable";
    case errc::unknown:
      return "unknown";
    case errc::denied:
      return "denied";
    case errc::overloaded:
      return "overloaded";
    case errc::timed_out:
      return "timed_out";
    case errc::in_use:
      return "in_use";
    case errc::corrupt:
      return "corrupt";
    case errc::io:
      return "io";
  }
  return "unknown_error";
}

} // namespace muster
