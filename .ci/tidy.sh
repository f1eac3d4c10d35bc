#!/bin/bash
# Runs clang-tidy 14 over the project's C++ files as they are compiled.
#
#   .ci/tidy.sh BUILD_FOLDER [FILE]...
set -euo pipefail
build=$(cd "${1:?usage: tidy.sh BUILD_FOLDER [FILE]...}" && pwd)
shift
cd "$(dirname "$0")/.."
tidy=$(command -v clang-tidy-14 || command -v clang-tidy) || {
  echo "tidy.sh: clang-tidy is missing" >&2
  exit 1
}
if [ $# -gt 0 ]; then
  files=("$@")
else
  mapfile -t files < <(git ls-files 'model/*.cpp' 'elements/*.cpp' 'gst-plugin/*.cpp' 'examples/*.cpp')
fi
[ ${#files[@]} -gt 0 ]
# The database names g++'s precompiled header and warnings; clang needs neither.
database=$(mktemp -d)
trap 'rm -rf "$database"' EXIT
sed -E 's/-include [^ "]*pch\.h//g; s/-Winvalid-pch//g' "$build/compile_commands.json" \
  >"$database/compile_commands.json"
printf '%s\0' "${files[@]}" | xargs -0 -n 1 -P "$(nproc)" "$tidy" -p "$database" --quiet \
  --extra-arg=-Wno-unknown-warning-option
