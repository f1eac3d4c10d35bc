#!/bin/bash
# Finishes a Matroska file whose pipeline failed midway: gives it a duration and an index.
#
#   pipelines/finish-recording.sh FILE.mkv
#
# gst-launch-1.0 -e ends the stream in order on Ctrl-C, but not after an error. Such a file plays, but players
# cannot seek in it.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
file=${1:?usage: finish-recording.sh FILE.mkv}
whole="$file.finished"
trap 'rm -f "$whole"' EXIT
parts=(filesrc location="$(wrapped "$file")" ! matroskademux name=parts)
room=(! queue max-size-buffers=0 max-size-time=0 ! whole.)
sound=()
if holds_sound "$(look_into "$file")"; then
  sound=(parts.audio_0 "${room[@]}")
fi
gst-launch-1.0 -q matroskamux name=whole ! filesink location="$(wrapped "$whole")" \
  "${parts[@]}" parts.video_0 "${room[@]}" "${sound[@]}"
mv -- "$whole" "$file"
