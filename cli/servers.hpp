// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/globals.hpp"
#include "cli/http_call.hpp"

#include <vector>

namespace muster::cli {

/// The machines that `--dir`, `--address` and `--machine` name, in order; the
/// token is empty where there is none (yet).
///
/// `--dir` is a cluster's directory or the data directory of one musterd.
/// Errors: `not_found` (no cluster there, no such machine), `corrupt`,
/// `denied` (a token that others may read).
result<std::vector<server_address>> find_servers(const globals& x);

/// The first of them that lives, asked one after the other; the only one if
/// there is just one, without asking.
/// Error: `unavailable`, with each machine's reason.
result<server_address> choose_server(const globals& x, const deadline& end);

} // namespace muster::cli
