#!/bin/bash
# From a bare Debian to an annotated recording.
#
#   pipelines/demo.sh [video] [vocabulary]
#
# Installs what is missing (as root or with sudo), builds into ./build, annotates the video and prints where
# the recording, one picture of it and the figures are. Without a video it takes the clip of examples/demo.
#
# NACLIP_OUTPUT names the recording (default out/annotated.mkv), MODEL a checkpoint or one of OpenAI's models such as
# ViT-B/16, which is fetched, SEGMENT further properties of naclipsegment such as SEGMENT='device=cuda interval=2',
# NACLIP_MESON_OPTIONS options of a first build.
set -euo pipefail
. "$(dirname "$0")/environment.sh"

fail() { echo "demo.sh: $*" >&2; exit 1; }

video=${1:-}
demo=$root/examples/demo
model=${MODEL:-$(default_model)}
if [ $# -ge 2 ]; then
  vocabulary=$2
elif [ "$model" = "$(default_model)" ]; then
  vocabulary=$(grep -v '^#' "$demo/vocabulary.txt" | paste -sd ';' | sed 's/;/; /g')
else
  vocabulary='person; car, van, truck; pavement, square; road, street; grass, lawn; tree, bush; building, wall'
fi
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
# The clip's finest picture, one second in; of other videos it is the middle one.
frame=()
[ -n "$video" ] || { video=$demo/clip.webm; frame=(25); }

if [ ! -e "$build/build.ninja" ]; then
  read -ra options <<<"${NACLIP_MESON_OPTIONS:-}"
  meson setup "$build" "$root" -Dtests=disabled -Dintrospection=disabled "${options[@]}"
fi
meson compile -C "$build" gstnaclip naclip:shared_library naclip-figures
use_build

if [[ ${MODEL:-} == ViT-* ]] && [ ! -e "$MODEL" ]; then
  meson compile -C "$build" naclip-model
  "$build/model/tools/naclip-model/naclip-model" fetch "$MODEL" || fail "$MODEL cannot be fetched, see above"
elif [ "$model" = "$(default_model)" ] && ! [ "$video" -ef "$demo/clip.webm" ]; then
  echo "The demo model knows only the words and pictures of its training, see examples/demo/README.md: on $video its"
  echo "masks say little. For any words on any video, with 351 MB to fetch: MODEL=ViT-B/16 $0 VIDEO WORDS"
fi
echo "annotating $video with: $vocabulary"
# A picture of this run: its place is taken once there is one.
new_picture=$picture.new
rm -f "$new_picture"
# Ctrl-C ends the stream in order; the figures of what was recorded follow.
trap : INT
status=0
"$root/pipelines/run.sh" annotate-file.launch INPUT="$video" OUTPUT="$output" MODEL="$model" \
  VOCABULARY="$vocabulary" SEGMENT="${SEGMENT:-}" -- -m |
  "$build/examples/naclip-figures" "$output" "$new_picture" "${frame[@]}" || status=$?
[ -e "$new_picture" ] || fail "$video could not be annotated, see above"
mv -- "$new_picture" "$picture"
if [ "$status" -ne 0 ]; then
  "$root/pipelines/finish-recording.sh" "$output" || true
  fail "the pipeline stopped early, see above; $output holds what came before"
fi
echo "annotated video    $output"
echo "one picture of it  $picture"
