// SPDX-License-Identifier: Apache-2.0
#include "cli/exit_code.hpp"

namespace muster::cli {

exit_code exit_code_of(errc x) {
  switch (x) {
    case errc::invalid_argument:
      return exit_code::usage;
    case errc::not_found:
      return exit_code::not_found;
    case errc::refused:
      return exit_code::refused;
    case errc::unavailable:
    case errc::overloaded:
    case errc::timed_out:
      return exit_code::unavailable;
    case errc::unknown:
      return exit_code::unknown;
    case errc::denied:
      return exit_code::denied;
    case errc::id_reused:
    case errc::in_use:
    case errc::corrupt:
    case errc::io:
      return exit_code::failed;
  }
  return exit_code::failed;
}

} // namespace muster::cli
