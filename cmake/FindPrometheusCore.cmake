# SPDX-License-Identifier: Apache-2.0
#
# Finds prometheus-cpp's core library alone: its own CMake package also wants
# the HTTP server and the push client, which Muster does not use. Defines
# PrometheusCore::core.

find_path(PROMETHEUS_CORE_INCLUDE_DIR NAMES prometheus/collectable.h)
find_library(PROMETHEUS_CORE_LIBRARY NAMES prometheus-cpp-core)
mark_as_advanced(PROMETHEUS_CORE_INCLUDE_DIR PROMETHEUS_CORE_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  PrometheusCore
  REQUIRED_VARS PROMETHEUS_CORE_LIBRARY PROMETHEUS_CORE_INCLUDE_DIR)

if(PrometheusCore_FOUND AND NOT TARGET PrometheusCore::core)
  add_library(PrometheusCore::core UNKNOWN IMPORTED)
  set_target_properties(PrometheusCore::core PROPERTIES
    IMPORTED_LOCATION "${PROMETHEUS_CORE_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${PROMETHEUS_CORE_INCLUDE_DIR}")
endif()
