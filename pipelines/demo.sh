#!/bin/bash
# From a bare Debian to an annotated recording.
#
#   pipelines/demo.sh [video] [vocabulary]
#
# Installs what is missing (as root or with sudo), builds into ./build, annotates the video and prints where
# the recording, one picture of it and the figures are. Without a video it takes the street camera of
# Debian's package opencv-doc.
#
# NACLIP_OUTPUT names the recording (default out/annotated.mkv), MODEL a checkpoint or one of OpenAI's models such as
# ViT-B/16, which is fetched, SEGMENT further properties of naclipsegment such as SEGMENT='device=cuda interval=2',
# NACLIP_MESON_OPTIONS options of a first build.
set -euo pipefail
. "$(dirname "$0")/environment.sh"

fail() { echo "demo.sh: $*" >&2; exit 1; }

video=${1:-}
vocabulary=${2-person; car, van, truck; pavement, square; road, street; grass, lawn; tree, bush; building, wall}
[ $# -le 2 ] || fail "usage: pipelines/demo.sh [video] [vocabulary]"
[[ $vocabulary =~ [^[:space:]\;,] ]] || fail "the vocabulary is empty: give words such as 'person; car, truck; tree'"
if [ -n "$video" ]; then
  [ -e "$video" ] || fail "there is no video $video"
  [ -f "$video" ] && [ -r "$video" ] || fail "$video is not a file that can be read"
fi
output=${NACLIP_OUTPUT:-$root/out/annotated.mkv}
mkdir -p "$(dirname "$output")" || fail "cannot make the folder of $output; NACLIP_OUTPUT names another file"
picture="$(dirname "$output")/frame.png"

"$root/pipelines/install-dependencies.sh" demo
[ -n "$video" ] || video=$(default_video) || fail "opencv-doc's vtest.avi cannot be had; give a video"

if [ ! -e "$build/build.ninja" ]; then
  read -ra options <<<"${NACLIP_MESON_OPTIONS:-}"
  meson setup "$build" "$root" -Dtests=disabled -Dintrospection=disabled "${options[@]}"
fi
meson compile -C "$build" gstnaclip naclip:shared_library naclip-figures
use_build

if [[ ${MODEL:-} == ViT-* ]] && [ ! -e "$MODEL" ]; then
  meson compile -C "$build" naclip-model
  "$build/model/tools/naclip-model" fetch "$MODEL" || fail "$MODEL cannot be fetched, see above"
fi
model=${MODEL:-$(default_model)}
echo "annotating $video with: $vocabulary"
rm -f "$output" "$picture"
# Ctrl-C ends the stream in order; the figures of what was recorded follow.
trap : INT
status=0
"$root/pipelines/run.sh" annotate-file.launch INPUT="$video" OUTPUT="$output" MODEL="$model" \
  VOCABULARY="$vocabulary" SEGMENT="${SEGMENT:-}" -- -m |
  "$build/examples/naclip-figures" "$output" "$picture" || status=$?
if [ "$status" -ne 0 ]; then
  if [ -e "$picture" ]; then
    "$root/pipelines/finish-recording.sh" "$output" || true
    fail "the pipeline stopped early, see above; $output holds what came before"
  fi
  fail "$video could not be annotated, see above"
fi
echo "annotated video    $output"
echo "one picture of it  $picture"
