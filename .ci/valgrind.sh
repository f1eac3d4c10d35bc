#!/bin/bash
# Builds the engine, the elements and the package for Python, and plays frames under valgrind while the vocabulary
# changes every 10 ms: no error of memory may name our libraries (tests/python/valgrind_vocabulary.py).
#
#   .ci/valgrind.sh [folder [frames]]        where the build is kept; default: naclip-ci/valgrind in TMPDIR or /var/tmp
#
# 2000 frames take half an hour, so that this is no part of .ci/run, but for a machine that has time every night.
# Ends with `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$(realpath -m "${1:-${NACLIP_CI_DIR:-${TMPDIR:-/var/tmp}/naclip-ci}/valgrind}")

fail() {
  echo "valgrind.sh: $*" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

[ -e "$build/build.ninja" ] && [ "$(cat "$build/source" 2>/dev/null)" = "$PWD" ] || {
  rm -rf "$build"
  meson setup "$build" -Dintrospection=enabled -Dpython=enabled -Dtests=disabled -Dtools=disabled -Dexamples=disabled ||
    fail "the build could not be set up"
  pwd >"$build/source"
}
ninja -C "$build" || fail "the build failed"

status=0
meson devenv -C "$build" /usr/bin/python3 "$PWD/tests/python/valgrind_vocabulary.py" "${@:2}" || status=$?
case $status in
  0) echo "1 passed, 0 failed, 0 skipped" ;;
  77) echo "0 passed, 0 failed, 1 skipped" ;;
  *) fail "valgrind has found errors, or the frames did not play" ;;
esac
