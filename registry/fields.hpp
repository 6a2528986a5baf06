// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Makes a plain struct inspectable by CAF without its headers: names every
/// member, in order. A macro, because C++20 cannot list members.
#define MUSTER_FIELDS(type, ...) \
  template <class Inspector> \
  friend typename Inspector::result_type inspect(Inspector& f, type& x) { \
    auto& [__VA_ARGS__] = x; \
    return f(__VA_ARGS__); \
  }
