#!/bin/bash
# Times every stage beside the PyTorch baseline and prints a table.
#
#   tests/bench/run.sh [--quick] [--write] [--threads N] [--one-core] [--avx2] [--curves] [--live] [--neighbours]
#
# Installs what is missing (as root or with sudo), builds into ./build (NACLIP_BUILD names another folder,
# NACLIP_MESON_OPTIONS further options), makes a ViT-B/16 of random weights there, and runs tests/bench/report.py:
# some ten minutes on two cores, or some five with --quick. --write puts the table into docs/benchmarks.md;
# --curves also measures the curves and draws them into docs/curves. Let nothing else run meanwhile.
#
#   --one-core     the table in float32, of one core alone, as a table of its own
#   --avx2         the same of two, without the AVX-512 of either side
#   --live         live streams instead (tests/bench/live.py)
#   --neighbours   pipelines beside busy processes (tests/bench/neighbours.py)
set -euo pipefail
. "$(dirname "$0")/../../pipelines/environment.sh"
arguments=() curves=no measure=report.py command=()
for argument; do
  case $argument in
    --one-core)
      command=(taskset -c 0)
      arguments+=(--only float32 --table one-core)
      ;;
    --avx2)
      # What our kernels, libtorch, OpenBLAS and oneDNN may take, on both sides.
      export NACLIP_VECTOR_BITS=256 ATEN_CPU_CAPABILITY=avx2 OPENBLAS_CORETYPE=Haswell ONEDNN_MAX_CPU_ISA=AVX2
      arguments+=(--only float32 --table avx2)
      ;;
    --curves) curves=yes ;;
    --live) measure=live.py ;;
    --neighbours) measure=neighbours.py ;;
    *) arguments+=("$argument") ;;
  esac
done

"$root/pipelines/install-dependencies.sh" bench

set_up_build -Dtests=enabled
ninja -C "$build" benchmarks

# CLIP's own byte-pair vocabulary is not ours to give; where it is not at hand, one is made.
find_shared NACLIP_CLIP_DIR clip
"${command[@]}" "$root/tests/bench/$measure" "${arguments[@]}" "$build"
[ "$curves" = no ] || "$root/tests/bench/curves.py" "$build"
