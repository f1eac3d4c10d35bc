#!/bin/bash
# Runs naclip-live, built first where it is not there yet, with the demo model where no other is named.
#
#   pipelines/live.sh --source 0 --vocabulary 'person; cup; chair'
#
# MODEL or --model names another model. --help tells of all options.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
program="$build/examples/live/naclip-live"
if [ ! -x "$program" ]; then
  "$root/pipelines/install-dependencies.sh" demo
  [ -e "$build/build.ninja" ] ||
    meson setup "$build" "$root" -Dtests=disabled -Dintrospection=disabled
  meson compile -C "$build" gstnaclip naclip:shared_library naclip-live
fi >&2
use_build
exec "$program" --model "${MODEL:-$(default_model)}" "$@"
