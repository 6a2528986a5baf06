# SPDX-License-Identifier: Apache-2.0
#
# Finds LevelDB: its own CMake package also wants Snappy's development files,
# which Debian's libleveldb-dev does not bring. Defines LevelDB::leveldb.

find_path(LEVELDB_INCLUDE_DIR NAMES leveldb/db.h)
find_library(LEVELDB_LIBRARY NAMES leveldb)
mark_as_advanced(LEVELDB_INCLUDE_DIR LEVELDB_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(
  LevelDB REQUIRED_VARS LEVELDB_LIBRARY LEVELDB_INCLUDE_DIR)

if(LevelDB_FOUND AND NOT TARGET LevelDB::leveldb)
  add_library(LevelDB::leveldb UNKNOWN IMPORTED)
  set_target_properties(LevelDB::leveldb PROPERTIES
    IMPORTED_LOCATION "${LEVELDB_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LEVELDB_INCLUDE_DIR}")
endif()
