#!/bin/bash
# Builds gst-naclip and runs its tests.
#
#   tests/run.sh [argument of `meson test`]...        such as --suite model
#
# Installs what is missing (as root or with sudo), builds into ./build (NACLIP_BUILD names another folder,
# NACLIP_MESON_OPTIONS further options), and ends with `N passed, N failed, N skipped`.
set -euo pipefail
. "$(dirname "$0")/../pipelines/environment.sh"

"$root/pipelines/install-dependencies.sh" tests

set_up_build -Dtests=enabled -Dintrospection=enabled
ninja -C "$build"

# CLIP's own byte-pair vocabulary is not ours to give: the tests that compare with it run where it is at hand.
find_shared NACLIP_CLIP_DIR clip
# The same holds for the reference's word lists of the paper's benchmarks.
find_shared NACLIP_BENCHMARKS_DIR benchmarks

# The long recording test runs on the street camera; without it, it says so and is skipped.
NACLIP_STREET_VIDEO=${NACLIP_STREET_VIDEO:-$(default_video)} && export NACLIP_STREET_VIDEO || true

# A program that dies leaves no account of its cases; one of an earlier run must not stand in for it.
rm -f "$build"/*.xml "$build"/meson-logs/testlog.{json,junit.xml}
status=0
meson test -C "$build" --no-rebuild --print-errorlogs "$@" || status=$?
counted=0
python3 "$root/tests/count_results.py" "$build" || counted=$?
[ "$status" -eq 0 ] || exit "$status"
exit "$counted"
