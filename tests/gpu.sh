#!/bin/bash
# Builds with a CUDA libtorch and runs what a GPU can check: the network, refinement and labels in float32 and
# half precision. Tests that need a GPU say SKIPPED where there is none.
#
#   tests/gpu.sh [folder of libtorch]        default: that of python3's torch
#
# Needs meson, g++, GoogleTest, GLib, JSON-GLib, libzip and zlib, but no GStreamer. NACLIP_BUILD names the build folder
# (default build-gpu).
set -euo pipefail
cd "$(dirname "$0")/.."
libtorch=${1:-$(python3 -c 'import torch; print(torch.__path__[0])')}
build=${NACLIP_BUILD:-build-gpu}
[ -e "$build/build.ninja" ] || meson setup "$build" -Dlibtorch="$libtorch" -Dplugin=disabled -Dtests=enabled
meson test -C "$build" --suite parity --suite model --print-errorlogs
