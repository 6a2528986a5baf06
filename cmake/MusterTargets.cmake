# SPDX-License-Identifier: Apache-2.0
#
# Folders to targets. Every list of sources is a glob that Ninja checks at each
# build, so adding, moving or removing a file needs no change here. A folder
# without sources defines no target, and links to targets that do not exist are
# left out.

set(MUSTER_RUNTIME_LIBRARIES "")

# muster_glob(<variable> <folder> <pattern>): the files right in that folder.
function(muster_glob variable folder pattern)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/${pattern}")
  set(${variable} "${files}" PARENT_SCOPE)
endfunction()

# Links <target> to those of the libraries named that exist.
function(muster_link target keyword)
  foreach(library IN LISTS ARGN)
    if(TARGET "${library}")
      target_link_libraries(${target} ${keyword} "${library}")
    elseif(NOT library MATCHES "^muster_")
      message(FATAL_ERROR "${target} links ${library}, which nothing defines")
    endif()
  endforeach()
endfunction()

# muster_library(<name> FOLDER <folder> [EXCEPT <pattern>...] [LINKS <lib>...])
# defines muster_<name>: static, or INTERFACE if the folder has headers only.
# Libraries below runtime/ join MUSTER_RUNTIME_LIBRARIES.
function(muster_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "FOLDER" "EXCEPT;LINKS")
  muster_glob(sources ${arg_FOLDER} "*.cpp")
  foreach(pattern IN LISTS arg_EXCEPT)
    muster_glob(excluded ${arg_FOLDER} "${pattern}")
    list(REMOVE_ITEM sources ${excluded})
  endforeach()
  muster_glob(headers ${arg_FOLDER} "*.hpp")
  if(sources)
    add_library(muster_${name} STATIC ${sources})
    muster_link(muster_${name} PUBLIC ${arg_LINKS})
  elseif(headers)
    add_library(muster_${name} INTERFACE)
    muster_link(muster_${name} INTERFACE ${arg_LINKS})
  else()
    return()
  endif()
  if(arg_FOLDER MATCHES "^runtime/")
    set(MUSTER_RUNTIME_LIBRARIES
        ${MUSTER_RUNTIME_LIBRARIES} muster_${name} PARENT_SCOPE)
  endif()
endfunction()

# The folders of runtime/ that no call of muster_library named.
function(muster_remaining_runtime_libraries)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "LINKS")
  muster_glob(entries runtime "*")
  foreach(entry IN LISTS entries)
    get_filename_component(name "${entry}" NAME)
    if(IS_DIRECTORY "${entry}" AND NOT TARGET muster_${name})
      muster_library(${name} FOLDER runtime/${name} LINKS ${arg_LINKS})
    endif()
  endforeach()
  set(MUSTER_RUNTIME_LIBRARIES ${MUSTER_RUNTIME_LIBRARIES} PARENT_SCOPE)
endfunction()

# muster_executable(<name> SOURCES <file>... [LINKS <lib>...]), into bin/.
# Defines nothing if the first source does not exist.
function(muster_executable name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES;LINKS")
  list(GET arg_SOURCES 0 first)
  cmake_path(ABSOLUTE_PATH first BASE_DIRECTORY "${CMAKE_SOURCE_DIR}")
  # The glob makes Ninja configure again when the file appears.
  file(GLOB found CONFIGURE_DEPENDS "${first}")
  if(found)
    add_executable(${name} ${arg_SOURCES})
    muster_link(${name} PRIVATE ${arg_LINKS})
  endif()
endfunction()

# -- tests ---------------------------------------------------------------------

# Catch's main, compiled once.
function(muster_test_main)
  if(NOT TARGET muster_test_main)
    add_library(muster_test_main STATIC
                "${CMAKE_SOURCE_DIR}/tests/unit/main.cpp")
    target_link_libraries(muster_test_main PUBLIC Catch2::Catch2 rapidcheck)
    add_custom_target(unit-tests)
  endif()
endfunction()

# One Catch executable that is one ctest test.
function(muster_catch_test name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "LABEL;TIMEOUT" "SOURCES;LINKS")
  muster_test_main()
  add_executable(${name} ${arg_SOURCES})
  target_link_libraries(${name} PRIVATE muster_test_main)
  muster_link(${name} PRIVATE ${arg_LINKS})
  add_test(NAME ${name} COMMAND ${name}
           WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  set_tests_properties(${name} PROPERTIES
                       LABELS ${arg_LABEL} TIMEOUT ${arg_TIMEOUT})
endfunction()

# muster_unit_tests([AREAS <area>...]): tests/unit/<area>/*.cpp become
# unit-<area>, linked to muster_<area>. Without AREAS: every area.
function(muster_unit_tests)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "AREAS")
  muster_test_main()
  muster_glob(entries tests/unit "*")
  foreach(entry IN LISTS entries)
    get_filename_component(area "${entry}" NAME)
    muster_glob(sources tests/unit/${area} "*.cpp")
    if(NOT sources OR (arg_AREAS AND NOT area IN_LIST arg_AREAS))
      continue()
    endif()
    muster_catch_test(unit-${area} LABEL unit TIMEOUT 300
                      SOURCES ${sources} LINKS muster_${area})
    add_dependencies(unit-tests unit-${area})
  endforeach()
endfunction()

# tests/simulation/*_test.cpp become simulation-tests; the simulator itself runs
# a few seeds (scripts/test --seeds N runs more).
function(muster_simulation_tests)
  muster_glob(sources tests/simulation "*_test.cpp")
  if(sources)
    muster_catch_test(simulation-tests LABEL simulation TIMEOUT 600
                      SOURCES ${sources} LINKS muster_simulation)
    add_dependencies(unit-tests simulation-tests)
  endif()
  if(TARGET muster-sim)
    add_test(NAME simulation-seeds COMMAND muster-sim --seeds 20)
    set_tests_properties(simulation-seeds PROPERTIES
                         LABELS simulation TIMEOUT 600)
  endif()
endfunction()

# tests/cluster/*.sh and *.cpp, one test each: real processes, one at a time.
# They find the programs in MUSTER_BIN. A source named like a script is a
# library that the script preloads: <stem>.so beside the programs.
function(muster_cluster_tests)
  muster_glob(scripts tests/cluster "*.sh")
  muster_glob(sources tests/cluster "*.cpp")
  set(tests "")
  foreach(script IN LISTS scripts)
    get_filename_component(stem "${script}" NAME_WE)
    list(APPEND tests cluster-${stem})
    add_test(NAME cluster-${stem} COMMAND bash "${script}"
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
  endforeach()
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    if("${CMAKE_SOURCE_DIR}/tests/cluster/${stem}.sh" IN_LIST scripts)
      # What that script has its processes preload.
      add_library(${stem} MODULE "${source}")
      set_target_properties(${stem} PROPERTIES PREFIX ""
                            LIBRARY_OUTPUT_DIRECTORY
                            "${CMAKE_RUNTIME_OUTPUT_DIRECTORY}")
      target_link_libraries(${stem} PRIVATE ${CMAKE_DL_LIBS})
      continue()
    endif()
    list(APPEND tests cluster-${stem})
    muster_catch_test(cluster-${stem} LABEL cluster TIMEOUT 300
                      SOURCES "${source}"
                      LINKS muster_runtime ${MUSTER_RUNTIME_LIBRARIES})
  endforeach()
  if(tests)
    set_tests_properties(${tests} PROPERTIES
      LABELS cluster TIMEOUT 300 RUN_SERIAL ON
      ENVIRONMENT "MUSTER_BIN=${CMAKE_RUNTIME_OUTPUT_DIRECTORY}"
                         SKIP_RETURN_CODE 77)
  endif()
endfunction()

# tests/nemesis/*_test.cpp become nemesis-tests; the nemesis itself runs one
# seed for a short time (by hand it runs longer).
function(muster_nemesis_tests)
  muster_glob(sources tests/nemesis "*_test.cpp")
  if(sources)
    muster_catch_test(nemesis-tests LABEL unit TIMEOUT 300
                      SOURCES ${sources} LINKS muster_nemesis)
    add_dependencies(unit-tests nemesis-tests)
  endif()
  if(TARGET muster-nemesis)
    add_test(NAME nemesis-seed COMMAND muster-nemesis --seconds 15 --seed 1
                                        --definite-each-second 30)
    set_tests_properties(nemesis-seed PROPERTIES
                         LABELS cluster TIMEOUT 300 RUN_SERIAL ON)
  endif()
endfunction()

# tests/lint/*.sh: the checks of scripts/lint, each on a planted violation.
function(muster_lint_tests)
  muster_glob(scripts tests/lint "*.sh")
  foreach(script IN LISTS scripts)
    get_filename_component(stem "${script}" NAME_WE)
    add_test(NAME lint-${stem} COMMAND bash "${script}"
             WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}")
    set_tests_properties(lint-${stem} PROPERTIES LABELS lint TIMEOUT 120)
  endforeach()
endfunction()

# tests/fuzz/*.cpp become fuzz-<stem>, each run by libFuzzer (scripts/fuzz).
# CODE is what they feed: not the libraries, most of which they do not need.
function(muster_fuzzers)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "CODE;LINKS")
  list(TRANSFORM arg_CODE PREPEND "${CMAKE_SOURCE_DIR}/")
  add_library(fuzzed STATIC EXCLUDE_FROM_ALL ${arg_CODE})
  muster_link(fuzzed PUBLIC ${arg_LINKS})
  add_custom_target(fuzzers)
  muster_glob(sources tests/fuzz "*.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    muster_executable(fuzz-${stem} SOURCES "${source}"
                      "${CMAKE_SOURCE_DIR}/tests/fuzz/driver/libfuzzer.cpp"
                      LINKS fuzzed)
    target_link_options(fuzz-${stem} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers fuzz-${stem})
  endforeach()
endfunction()

# The same targets without libFuzzer: replay-<stem> runs its seeds and the kept
# inputs of tests/fuzz/corpus/<stem>/.
function(muster_replays)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "LINKS")
  muster_test_main()
  muster_glob(sources tests/fuzz "*.cpp")
  foreach(source IN LISTS sources)
    get_filename_component(stem "${source}" NAME_WE)
    muster_executable(replay-${stem} SOURCES "${source}"
                      "${CMAKE_SOURCE_DIR}/tests/fuzz/driver/replay.cpp"
                      LINKS ${arg_LINKS})
    add_test(NAME replay-${stem} COMMAND replay-${stem}
             "${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${stem}")
    set_tests_properties(replay-${stem} PROPERTIES LABELS unit TIMEOUT 120)
    add_dependencies(unit-tests replay-${stem})
  endforeach()
endfunction()
