#!/bin/bash
# Shows what smoothing, presence and carry do for the demo clip's masks.
#
#   pipelines/compare-smoothing.sh [NOISE]...        standard deviations in levels of 255; 10 and 20 unless given
#
# Segments the clip with and without sensor noise (Gaussian, independent in each RGB sample and frame, the same in every
# run), compares each frame with its true mask, and prints mIoU and the false changes: the part of the pixels whose true
# label is that of the frame before but whose found label is not, and the part of the pixels that has a word which is
# never in the clip. FRAMES takes only so many from the beginning. Needs what demo.sh builds, and some minutes.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
use_build
demo=$root/examples/demo
[ -x "$build/examples/naclip-score" ] || { echo "compare-smoothing.sh: run pipelines/score-demo.sh first" >&2; exit 1; }

# row NOISE [property=value]...
row() {
  local noise=$1 printed
  shift
  printed=$("$build/examples/naclip-score" --video "$demo/clip.webm" --noise "$noise" --frames "${FRAMES:-0}" \
    "$demo/masks.mkv" "$demo/vocabulary.txt" model="$(default_model)" "$@")
  echo "| $noise | ${*:-(defaults)} | $(sed -n 's/^mIoU //p' <<<"$printed") |" \
    "$(sed -n 's/^false changes \([^ ]*\).*/\1/p' <<<"$printed") |" \
    "$(sed -n 's/^[0-9]* frames, \([^ ]*\) .*/\1/p' <<<"$printed") % |"
}

[ $# -gt 0 ] || set -- 10 20
echo "| noise | properties | mIoU | false changes | never there |"
echo "| ---: | --- | ---: | ---: | ---: |"
for noise; do
  row "$noise"
  row "$noise" smoothing=0.8
done
row 40
row 40 presence=true presence-time=0
row 40 presence=true presence-time=40
row 0
row 0 interval=5 carry=off
row 0 interval=5 carry=on
