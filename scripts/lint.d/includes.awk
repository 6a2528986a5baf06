# SPDX-License-Identifier: Apache-2.0
#
# Who may include what. The cores know only the standard library, without its
# clocks, threads, files and randomness, and each other downwards.

BEGIN {
  below["registry"] = "^registry/"
  below["allocator"] = "^(allocator|registry)/"
  below["loadbalancer"] = "^(loadbalancer|allocator|registry)/"
  below["actors"] = "^(actors|loadbalancer|allocator|registry|runtime/ports)/"
  below["ports"] = "^(runtime/ports|loadbalancer|allocator|registry)/"
  below["runtime"] = "^(runtime|actors|loadbalancer|allocator|registry)/"
  below["cli"] = "^(cli|runtime|actors|loadbalancer|allocator|registry)/"
  below["bench"] = "^(bench|runtime|actors|loadbalancer|allocator|registry)/"
  below["docs"] = "^(runtime|actors|loadbalancer|allocator|registry)/"
  below["tests"] = "^(tests|bench|cli|runtime|actors|loadbalancer|allocator" \
                   "|registry)/"
  impure = "^(thread|mutex|shared_mutex|condition_variable|future|semaphore" \
           "|latch|barrier|stop_token|fstream|iostream|filesystem|random" \
           "|ctime)$"
}

FNR == 1 {
  layer = FILENAME
  sub(/\/.*/, "", layer)
  if (FILENAME ~ /^runtime\/ports\//)
    layer = "ports"
  core = layer ~ /^(registry|allocator|loadbalancer)$/
}

function finding(text) {
  print FILENAME ":" FNR ": " text
}

# A header of the standard library has neither a dot nor a folder.
function allowed_system(header) {
  if (header ~ /^[a-z_]+$/)
    return !(core && header ~ impure)
  if (core)
    return (layer == "registry" && header == "xxhash.h") \
           || (layer == "allocator" && header == "immintrin.h")
  if (layer == "ports")
    return 0
  if (layer == "actors")
    return header ~ /^caf\//
  return 1
}

core && /_clock::now|clock_gettime|random_device/ {
  finding("a core reads no clock and no randomness: take it as an argument")
}

/^# *include *</ {
  header = $0
  sub(/^[^<]*</, "", header)
  sub(/>.*/, "", header)
  if (!allowed_system(header))
    finding(layer " must not include <" header ">")
  if (header == "caf/all.hpp" && FILENAME ~ /\.hpp$/)
    finding("<caf/all.hpp> in a header: include what is used")
}

/^# *include *"/ {
  header = $0
  sub(/^[^"]*"/, "", header)
  sub(/".*/, "", header)
  if (header !~ below["tests"])
    finding("\"" header "\" is not a path from the project's root")
  else if (!(layer in below) || header !~ below[layer])
    finding(layer " must not include \"" header "\"")
}
