// SPDX-License-Identifier: Apache-2.0

// The `muster` command; see `muster --help`.

#include "cli/app.hpp"

#include <signal.h>

int main(int argc, char** argv) {
  // A closed pipe is an error of the write, not the end of a launcher.
  ::signal(SIGPIPE, SIG_IGN);
  return muster::cli::run(argc, argv);
}
