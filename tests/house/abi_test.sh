#!/bin/bash
# Compares the metadata library's binary interface with that of the last version.
#
#   abi_test.sh LIBRARY REFERENCE            fails where programs built with the reference would no longer run
#   abi_test.sh --write LIBRARY REFERENCE    makes this interface the reference
#
# New functions are no break. A change that is meant, such as another field of a struct, needs another soversion in
# gst-plugin/gst/naclip/meson.build, packages of that name, and a line in NEWS; then --write. At each release --write adds
# the version's new functions to the reference. Skipped (77) where abidiff or the library's debugging symbols are missing.
set -euo pipefail
write=""
[ "${1:-}" != --write ] || { write=yes; shift; }
library=$1 reference=$2
headers=$(realpath "$(dirname "$0")/../../gst-plugin/gst/naclip")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

command -v abidiff >/dev/null && command -v abidw >/dev/null ||
  { echo "abidiff is missing (Debian: abigail-tools)"; exit 77; }
grep -q debug_info <<<"$(readelf --sections "$library")" || { echo "$library has no debugging symbols"; exit 77; }

# Of the types that the headers do not define only the names.
abidw --exported-interfaces-only --headers-dir "$headers" --drop-private-types --no-show-locs --no-corpus-path \
  --no-comp-dir-path --no-architecture "$library" >"$folder/found.abi"
if [ -n "$write" ]; then
  cp "$folder/found.abi" "$reference"
  exit
fi

# The types of GStreamer and GLib differ between their versions.
printf '[suppress_type]\n  name_not_regexp = GstNaclip\n' >"$folder/not-ours"
abidiff --no-added-syms --suppressions "$folder/not-ours" "$reference" "$folder/found.abi" || {
  echo "abidiff ends with $?: this is not the interface of the last version, so that programs built with it break." \
    "Undo the change, or see the first lines of $(basename "$0") for what it needs" >&2
  exit 1
}
