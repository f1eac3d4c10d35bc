#!/bin/sh
# Finishes a Matroska file whose pipeline failed midway: gives it a duration and an index.
#
#   pipelines/finish-recording.sh FILE.mkv
#
# gst-launch-1.0 -e ends the stream in order on Ctrl-C, but not after an error. Such a file plays, but players
# cannot seek in it.
set -eu
file=${1:?usage: finish-recording.sh FILE.mkv}
whole="$file.finished"
trap 'rm -f "$whole"' EXIT
gst-launch-1.0 -q filesrc location="$file" ! matroskademux ! matroskamux ! filesink location="$whole"
mv "$whole" "$file"
