#!/bin/bash
# Runs one launch line with gst-launch-1.0.
#
#   pipelines/run.sh FILE.launch [NAME=value]... [-- option of gst-launch-1.0...]
#
# A launch file is one launch line, written as in a shell, over as many lines as it likes; lines that begin
# with # are comments. ${NAME:-default} and ${NAME:?what it is} stand for the NAME=value arguments and, where
# there is none, for the environment. Ctrl-C ends the stream in order, so that files are finished.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
use_build

usage() {
  echo "usage: run.sh FILE.launch [NAME=value]... [-- option of gst-launch-1.0...]" >&2
  echo "launch files in $root/pipelines:" >&2
  (cd "$root/pipelines" && ls ./*.launch) >&2
  exit 2
}

[ $# -ge 1 ] || usage
launch_file=$1
shift
[ -e "$launch_file" ] || launch_file="$root/pipelines/$launch_file"
[ -r "$launch_file" ] || { echo "run.sh: there is no $launch_file" >&2; usage; }
command -v gst-launch-1.0 >/dev/null || {
  echo "run.sh: gst-launch-1.0 is missing; pipelines/install-dependencies.sh installs it" >&2
  exit 1
}

while [ $# -gt 0 ] && [ "$1" != -- ]; do
  [[ $1 =~ ^[A-Z][A-Z0-9_]*= ]] || { echo "run.sh: $1 is not NAME=value" >&2; usage; }
  declare "$1"
  shift
done
[ $# -eq 0 ] || shift

set -f
line=$(grep -v '^[[:space:]]*#' "$launch_file" | tr '\n' ' ')
case $line in *'${MODEL'*) MODEL=${MODEL:-$(default_model)} ;; esac
# The file is ours and is shell by definition; the values are expanded by it, never read as shell.
eval "words=($line)"

# gst-launch-1.0 reads its arguments again: a value with white space or quotes needs quotes of its kind.
for index in "${!words[@]}"; do
  if [[ ${words[index]} =~ ^([A-Za-z0-9_:-]+)=(.*[[:space:]\"].*)$ ]]; then
    name=${BASH_REMATCH[1]} value=${BASH_REMATCH[2]}
    value=${value//\\/\\\\}
    words[index]="$name=\"${value//\"/\\\"}\""
  fi
done

exec gst-launch-1.0 -e "$@" "${words[@]}"
