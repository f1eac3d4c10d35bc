#!/bin/bash
# Builds with a CUDA libtorch and runs what a GPU can check: parity of the network, refinement and labels in float32 and
# half precision, the kernels against the plain forms, graphs, streams, memory over many frames, and the figures.
#
#   tests/gpu.sh [folder of libtorch]        default: that of python3's torch
#
# Tests that need a GPU say SKIPPED where there is none; where nvidia-smi lists one, a test of it that is skipped counts
# as failed. Needs meson, g++, GoogleTest, GLib, JSON-GLib, libzip and zlib, but no GStreamer, and the headers of the CUDA
# run time, from the toolkit or from pip's nvidia-cuda-runtime and nvidia-cuda-crt. NACLIP_BUILD names the build folder
# (default build-gpu), NACLIP_GPU_FRAMES how many frames the memory is watched for (default 10000). compute-sanitizer
# checks the kernels where it is found. Ends with `N passed, N failed, N skipped`.
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

passed=0 failed=0 skipped=0
# Runs a step that counts once, and that fails where a test in it is skipped.
step() {
  local name=$1 said
  shift
  echo "=== $name"
  if said=$("$@" 2>&1 | tee /dev/stderr) && ! grep -q 'SKIPPED' <<<"$said"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "gpu.sh: failed: $name" >&2
  fi
}
skip() {
  echo "gpu.sh: skipped: $*"
  skipped=$((skipped + 1))
}

gpu=""
never_skipped=()
if nvidia-smi -L 2>/dev/null; then
  gpu=yes
  never_skipped=('device-|golden Cuda')
fi
rm -f "$build"/*.xml "$build"/meson-logs/testlog.{json,junit.xml}
meson test -C "$build" --no-rebuild --suite parity --suite model --print-errorlogs || true # what it says is counted
counted=$(python3 tests/count_results.py "$build" "${never_skipped[@]}") || true
echo "$counted"
if [[ $counted =~ ([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
  passed=${BASH_REMATCH[1]} failed=${BASH_REMATCH[2]} skipped=${BASH_REMATCH[3]}
else
  failed=1
fi

sanitizer=$(command -v compute-sanitizer || ls /usr/local/cuda/bin/compute-sanitizer 2>/dev/null || true)
if [ -z "$sanitizer" ]; then
  skip "no compute-sanitizer here; the kernels are not checked with it"
elif [ -z "$gpu" ]; then
  skip "no GPU here for compute-sanitizer"
else
  # libtorch's caching allocator hides most of what the sanitizer could see, and libtorch asks for things that may fail.
  # The largest cases take minutes under it and touch no other code.
  for tool in memcheck racecheck initcheck; do
    step "compute-sanitizer --tool $tool" env PYTORCH_NO_CUDA_MEMORY_CACHING=1 \
      "$sanitizer" --tool "$tool" --error-exitcode 1 --report-api-errors no \
      "$build/tests/test-model-device-kernels" --gtest_brief=1 --gtest_filter='-*DeviceRefinement*/8:*DeviceDecoding*/6'
  done
fi

if [ -n "$gpu" ]; then
  step "figures" "$build/tests/model/cuda-benchmark" --gtest_brief=1
else
  skip "no GPU here to measure"
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
