#!/bin/bash
# Times every stage beside the PyTorch baseline and prints a table.
#
#   tests/bench/run.sh [--quick] [--write] [--threads N] [--curves] [--live] [--neighbours]
#
# Installs what is missing (as root or with sudo), builds into ./build (NACLIP_BUILD names another folder,
# NACLIP_MESON_OPTIONS further options), makes a ViT-B/16 of random weights there, and runs tests/bench/report.py:
# some ten minutes on two cores, or some five with --quick. --write puts the table into docs/benchmarks.md;
# --curves also measures the curves and draws them into docs/curves. --live measures live streams instead
# (tests/bench/live.py), --neighbours pipelines beside busy processes (tests/bench/neighbours.py). Let nothing else run
# meanwhile.
set -euo pipefail
. "$(dirname "$0")/../../pipelines/environment.sh"
arguments=() curves=no measure=report.py
for argument; do
  case $argument in
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
"$root/tests/bench/$measure" "${arguments[@]}" "$build"
[ "$curves" = no ] || "$root/tests/bench/curves.py" "$build"
