// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "registry/result.hpp"

#include <string>
#include <string_view>

namespace muster {

/// Makes the names in `directory` durable. Error: `io`.
status sync_directory(const std::string& directory);

/// Writes the file `name` anew and makes it durable, its name too.
/// @returns `io` if that is not sure; what could be written is there
status write_durably(const std::string& name, std::string_view bytes);

} // namespace muster
