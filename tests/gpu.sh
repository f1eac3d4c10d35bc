#!/bin/bash
# Builds with a CUDA libtorch and runs what a GPU can check: parity of the network, refinement and labels in float32 and
# half precision, the kernels against the plain forms, graphs, streams, memory over many frames, and the figures.
# Tests that need a GPU say SKIPPED where there is none.
#
#   tests/gpu.sh [folder of libtorch]        default: that of python3's torch
#
# Needs meson, g++, GoogleTest, GLib, JSON-GLib, libzip and zlib, but no GStreamer, and cuda_runtime_api.h of the CUDA
# toolkit or of pip's nvidia-cuda-runtime. NACLIP_BUILD names the build folder (default build-gpu), NACLIP_GPU_FRAMES
# how many frames the memory is watched for (default 10000). compute-sanitizer checks the kernels where it is found.
set -euo pipefail
cd "$(dirname "$0")/.."
libtorch=${1:-$(python3 -c 'import torch; print(torch.__path__[0])')}
build=${NACLIP_BUILD:-build-gpu}
export NACLIP_GPU_FRAMES=${NACLIP_GPU_FRAMES:-10000}
# Without its headers' folder a CUDA libtorch is used without kernels of our own, which is not what this is for.
[ -e "$build/build.ninja" ] ||
  meson setup "$build" -Dlibtorch="$libtorch" -Dplugin=disabled -Dtools=disabled -Dtests=enabled --buildtype=debugoptimized
grep -q -- -DNACLIP_CUDA "$build/build.ninja" || {
  echo "gpu.sh: the CUDA part was not built: see the warnings of meson setup" >&2
  exit 1
}
ninja -C "$build"

status=0
rm -f "$build"/*.xml "$build"/meson-logs/testlog.{json,junit.xml}
meson test -C "$build" --no-rebuild --suite parity --suite model --print-errorlogs || status=1
python3 tests/count_results.py "$build" || status=1

sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null || true)
if [ -z "$sanitizer" ]; then
  echo "gpu.sh: no compute-sanitizer here; the kernels are not checked with it"
elif ! nvidia-smi -L >/dev/null 2>&1; then
  echo "gpu.sh: no GPU here for compute-sanitizer"
else
  # The largest cases take minutes under it and touch no other code.
  for tool in memcheck racecheck; do
    echo "compute-sanitizer --tool $tool"
    "$sanitizer" --tool "$tool" --error-exitcode 1 \
      "$build/tests/test-model-device-kernels" --gtest_brief=1 --gtest_filter='-*DeviceRefinement*/8:*DeviceDecoding*/6' ||
      status=1
  done
fi

"$build/tests/model/cuda-benchmark" --gtest_brief=1 || status=1
exit "$status"
