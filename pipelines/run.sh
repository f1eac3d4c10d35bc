#!/bin/bash
# Runs one launch line with gst-launch-1.0.
#
#   pipelines/run.sh FILE.launch [NAME=value]... [-- option of gst-launch-1.0...]
#
# A launch file is one launch line, written as in a shell, over as many lines as it likes; lines that begin
# with # are comments. ${NAME:-default} and ${NAME:?what it is} stand for the NAME=value arguments and, where
# there is none, for the environment. Ctrl-C ends the stream in order, so that files are finished. INPUT is looked at
# before the line starts: where it cannot be read, OUTPUT stays as it was.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
use_build

usage() {
  echo "usage: run.sh FILE.launch [NAME=value]... [-- option of gst-launch-1.0...]" >&2
  echo "launch files in $root/pipelines:" >&2
  (cd "$root/pipelines" && ls ./*.launch) >&2
  exit 2
}
fail() { echo "run.sh: $*" >&2; exit 1; }

[ $# -ge 1 ] || usage
launch_file=$1
shift
[ -e "$launch_file" ] || launch_file="$root/pipelines/$launch_file"
[ -r "$launch_file" ] || { echo "run.sh: there is no $launch_file" >&2; usage; }
command -v gst-launch-1.0 >/dev/null ||
  fail "gst-launch-1.0 is missing; pipelines/install-dependencies.sh installs it"

while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [[ $1 =~ ^[A-Z][A-Z0-9_]*= ]] || { echo "run.sh: $1 is not NAME=value" >&2; usage; }
  declare "$1"
  shift
done
[ $# -eq 0 ] || shift

set -f
line=$(grep -v '^[[:space:]]*#' "$launch_file" | tr '\n' ' ')
case $line in *'${MODEL'*) MODEL=${MODEL:-$(default_model)} ;; esac

# A pipe can be read only once.
if [[ $line == *'${INPUT'* && -n ${INPUT:-} ]] && ! [[ -p $INPUT || -c $INPUT ]]; then
  [ ! "$INPUT" -ef "${OUTPUT:-}" ] || fail "INPUT and OUTPUT are one file, $INPUT"
  # Debian 12's GStreamer reads the orientation of a photograph only where asked to.
  [ "$(head -c 3 -- "$INPUT" 2>/dev/null | od -An -tx1)" != " ff d8 ff" ] ||
    export GST_PLUGIN_FEATURE_RANK="jpegparse:257${GST_PLUGIN_FEATURE_RANK:+,$GST_PLUGIN_FEATURE_RANK}"
  if ! said=$(look_into "$INPUT"); then
    grep -m 1 -A 3 '^ERROR' <<<"$said" >&2 || true
    fail "$INPUT cannot be read, see above; nothing was written"
  fi
  ! grep -q 'missing-plugin.*video/' <<<"$said" || fail "a decoder for the video of $INPUT is missing; nothing was written"
  holds_picture "$said" || fail "$INPUT holds no picture; nothing was written"
  if [[ $line == *'${SOUND'* && -z ${SOUND+set} ]]; then
    SOUND=""
    ! holds_sound "$said" || SOUND=yes
    if grep -q 'missing-plugin.*audio/' <<<"$said" && ! grep -q 'caps = audio/x-raw' <<<"$said"; then
      SOUND=""
      echo "run.sh: a decoder for the sound of $INPUT is missing; it is left out" >&2
    fi
  fi
fi

# The file is ours and is shell by definition; the values are expanded by it, never read as shell.
eval "words=($line)"

for index in "${!words[@]}"; do
  if [[ ${words[index]} =~ ^([A-Za-z0-9_:-]+)=(.*)$ ]]; then
    words[index]="${BASH_REMATCH[1]}=$(wrapped "${BASH_REMATCH[2]}")"
  fi
done

# gst-launch-1.0 waits for ever where an error comes before its main loop runs, once in some hundred runs on a busy machine:
# passes on what it says on stderr, and ends it where it has not ended 20 seconds after an error. In any language an error
# names its element by its path, which nothing else does there but GST_DEBUG, whose lines begin with the time.
end_after_error() {
  trap '' INT HUP QUIT TERM # these are for gst-launch-1.0, which may have more to say
  sed -u '\#^[^0-9].*/GstPipeline:#q'
  timeout --signal=KILL 20 cat || kill "$1"
}
exec gst-launch-1.0 -e "$@" "${words[@]}" 2> >(end_after_error $$ >&2)
