#!/bin/bash
# Builds the live part and naclippublish with ThreadSanitizer and runs their tests, the former on the engine that computes
# nothing; likewise the CUDA kernels, which the tests run on the host, a thread for each of a block's.
#
# The build is in build-tsan. GStreamer and GLib are not instrumented: what they do to memory is not looked at. Ends with
# `N passed, N failed, N skipped`.
set -uo pipefail
cd "$(dirname "$0")/.."
build=$PWD/build-tsan
tests=(live_async live_errors live_properties live_sharing live_start live_sync live_vocabulary publish_file publish_mqtt
  publish_outbox scheduler shared-models kernels worker)

fail() {
  echo "tsan.sh: $*" >&2
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

[ -e "$build/build.ninja" ] || {
  rm -rf "$build"
  meson setup "$build" -Dtests=enabled -Dwerror=true -Dcpp_args=-g1 -Db_sanitize=thread -Db_lundef=false \
    -Dintrospection=disabled -Dtools=disabled -Dexamples=disabled || fail "the build could not be set up"
}
programs=()
for test in "${tests[@]}"; do
  suite=elements
  [[ $test == live_* || $test == publish_* ]] || suite=model
  programs+=("tests/test-$suite-$test")
done
ninja -C "$build" tests/elements/libnaclip-test-fake.so "${programs[@]}" || fail "the build failed"

rm -f "$build"/*.xml "$build"/meson-logs/testlog.{json,junit.xml}
status=0
TSAN_OPTIONS=ignore_noninstrumented_modules=1 meson test -C "$build" --no-rebuild --print-errorlogs "${tests[@]}" || status=$?
counted=0
python3 tests/count_results.py "$build" || counted=$?
[ "$status" -eq 0 ] || exit "$status"
exit "$counted"
