// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

struct x509_st;

namespace muster {

/// The common name of the subject of `certificate`, which is a machine id in
/// Muster. Nothing if it has none, more than one, or one with a zero byte.
std::optional<std::string> common_name(const x509_st& certificate);

} // namespace muster
