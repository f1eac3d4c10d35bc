#!/bin/bash
# Runs naclip-live from the build folder, with the demo model where no other is named.
#
#   pipelines/live.sh --source 0 --vocabulary 'person; cup; chair'
#
# MODEL or --model names another model. --help tells of all options.
set -euo pipefail
. "$(dirname "$0")/environment.sh"
use_build
program="$build/examples/live/naclip-live"
[ -x "$program" ] || {
  echo "live.sh: there is no $program; pipelines/demo.sh builds it" >&2
  exit 1
}
exec "$program" --model "${MODEL:-$(default_model)}" "$@"
