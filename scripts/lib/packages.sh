# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Installs what scripts/packages.txt lists. Sourced from the project's root.

missing_packages() { # <group>...
  local group name wanted
  declare -A installed=()
  while read -r name; do
    installed[$name]=1
  done < <(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' \
    | sed -n 's/^ii  *//p')
  for wanted in "$@"; do
    while read -r group name; do
      if [[ $group == "$wanted" && -z ${installed[$name]:-} ]]; then
        printf '%s\n' "$name"
      fi
    done < scripts/packages.txt
  done
}

# Asks on a terminal unless the first argument is "yes". Calls apt only if a
# package is missing, so that the next run needs neither network nor root.
install_packages() { # <yes or no> <group>...
  local assume=$1 missing answer sudo=()
  shift
  mapfile -t missing < <(missing_packages "$@")
  if ((${#missing[@]} == 0)); then return; fi
  echo "These Debian packages are missing: ${missing[*]}"
  if [[ $assume != yes && -t 0 ]]; then
    read -rp 'Install them with apt-get? [Y/n] ' answer
    if [[ ! ${answer:-y} =~ ^[Yy] ]]; then
      echo 'Not installed; the build needs them.' >&2
      return 1
    fi
  fi
  if ((EUID != 0)); then sudo=(sudo); fi
  "${sudo[@]}" apt-get update -q
  "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}"
}
