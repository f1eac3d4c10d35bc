#!/bin/bash
# Compares (check) or rewrites (fix) every C and C++ file of the project with clang-format 14.
#
#   .ci/format.sh check|fix
set -euo pipefail
cd "$(dirname "$0")/.."
formatter=$(command -v clang-format-14 || command -v clang-format) || {
  echo "format.sh: clang-format is missing" >&2
  exit 1
}
# Other versions format the same style differently.
"$formatter" --version | grep -q 'version 14\.' || {
  echo "format.sh: this needs clang-format 14, and $("$formatter" --version)" >&2
  exit 1
}
mapfile -t files < <(git ls-files '*.h' '*.hpp' '*.c' '*.cpp' '*.cu' '*.cuh')
[ ${#files[@]} -gt 0 ]
case ${1:-check} in
  check) "$formatter" --dry-run --Werror "${files[@]}" ;;
  fix) "$formatter" -i "${files[@]}" ;;
  *) echo "usage: format.sh check|fix" >&2; exit 2 ;;
esac
