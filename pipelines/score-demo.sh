#!/bin/bash
# Compares the demo model's masks of the demo clip with the true ones.
#
#   pipelines/score-demo.sh [property of naclipsegment]...        such as attention=vanilla refine-steps=0
#
# Runs naclipsegment and naclipmask on every frame (RATE=2 takes two a second) and prints intersection over union
# of each class and their mean. Needs what demo.sh builds.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
demo=$root/examples/demo
[ -e "$build/build.ninja" ] || { echo "score-demo.sh: nothing is built in $build; run pipelines/demo.sh first" >&2; exit 1; }
[ -x "$build/examples/naclip-score" ] || meson compile -C "$build" gstnaclip naclip:shared_library naclip-score
found=$(mktemp --suffix=.mkv)
log=$(mktemp)
trap 'rm -f "$found" "$log"' EXIT
"$root/pipelines/run.sh" record-masks.launch INPUT="$demo/clip.webm" VOCABULARY_FILE="$demo/vocabulary.txt" \
  OUTPUT="$found" SEGMENT="$*" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
"$build/examples/naclip-score" "$demo/masks.mkv" "$found" "$demo/vocabulary.txt"
