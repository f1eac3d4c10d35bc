#!/bin/bash
# Installs into a folder of its own and uses what is there as README says.
#
#   install_test.sh BUILD_FOLDER PREFIX BINDIR LIBDIR SOURCE_FOLDER [use]
#
# With `use`, what was installed in PREFIX is used instead.
set -euo pipefail
build=$1 prefix=$2 programs=$3 libraries=$4 demo=$5/examples/demo
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
fail() { echo "install_test.sh: $*" >&2; exit 1; }

destination=""
if [ "${6:-}" != use ]; then
  destination=$folder/destination
  meson install -C "$build" --no-rebuild --quiet --destdir "$destination"
fi
programs=$destination$prefix/$programs
libraries=$destination$prefix/$libraries
# Under /usr the loader finds our libraries by itself, but not in a folder that stands for it.
loader=()
[ -z "$destination" ] || [ "$prefix" != /usr ] || loader=(LD_LIBRARY_PATH="$libraries")
# Nothing of the build folder's environment may help.
clean() { env -i PATH=/usr/bin:/bin HOME="$folder" LC_ALL=C.UTF-8 GST_REGISTRY="$folder/registry.bin" "${loader[@]}" "$@"; }

clean "$programs/naclip-live" --headless --model "$demo/model.safetensors" --vocabulary 'ball; sky' \
  --set input-size=64 --set window-size=0 --set refine-steps=0 --mode sync --output "$folder/live.mkv" \
  --source 'launch:videotestsrc is-live=true num-buffers=5 ! video/x-raw,width=160,height=120,framerate=5/1' ||
  fail "naclip-live does not run"
[ -s "$folder/live.mkv" ] || fail "naclip-live has recorded nothing"
clean "$programs/naclip-model" --help >/dev/null || fail "naclip-model does not run"
clean "$programs/naclip-eval" --help >/dev/null || fail "naclip-eval does not run"
clean GST_PLUGIN_PATH="$libraries/gstreamer-1.0" gst-inspect-1.0 naclip >"$folder/inspected" ||
  fail "gst-inspect-1.0 does not find the plugin"
grep -q 'naclipsegment' "$folder/inspected" || fail "the plugin has no naclipsegment"
# The names of licences that GStreamer knows; any other is taken for a proprietary one.
grep -qE 'License +MIT/X11$' "$folder/inspected" || fail "the plugin's licence has a name that GStreamer does not know"
grep -qE 'Origin URL +https?://' "$folder/inspected" || fail "the plugin's origin is not an address"
clean GST_PLUGIN_PATH="$libraries/gstreamer-1.0" gst-inspect-1.0 naclippublish >/dev/null ||
  fail "gst-inspect-1.0 does not find naclippublish"
[ -s "$destination$prefix/share/gst-naclip/naclip-1.schema.json" ] || fail "the schema of messages is not installed"
[ -s "$destination$prefix/share/gst-naclip/naclip-live.openapi.json" ] || fail "the document of the page's interface is not installed"
has_page() { compgen -G "$destination$prefix/share/man/man1/$1.1*" >/dev/null || fail "the man page of $1 is not installed"; }
for program in naclip-live naclip-model naclip-eval; do has_page "$program"; done
if [ -e "$libraries/girepository-1.0" ]; then
  # What ldconfig does for libraries in its folders.
  clean GI_TYPELIB_PATH="$libraries/girepository-1.0" LD_LIBRARY_PATH="${destination:+$libraries}" /usr/bin/python3 -c '
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstNaclip", "1.0")
from gi.repository import Gst, GstNaclip
Gst.init(None)
GstNaclip.NaclipSegmentation' || fail "Python cannot use the metadata"
fi
module=$(find "$destination$prefix" -path '*/gi/overrides/GstNaclip.py' -print -quit)
if [ -n "$module" ]; then
  # A folder that Python searches by itself, but for the folder that it was installed into.
  clean GI_TYPELIB_PATH="$libraries/girepository-1.0" LD_LIBRARY_PATH="${destination:+$libraries}" \
    PYTHONPATH="${destination:+${module%/gi/overrides/*}}" /usr/bin/python3 -c '
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstNaclip", "1.0")
from gi.repository import Gst, GstNaclip
Gst.init(None)
assert GstNaclip.buffer_segmentations(Gst.Buffer.new()) == []' || fail "Python does not find what it adds to the metadata"
  clean GI_TYPELIB_PATH="$libraries/girepository-1.0" LD_LIBRARY_PATH="${destination:+$libraries}" \
    PYTHONPATH="${destination:+${module%/gi/overrides/*}}" /usr/bin/python3 -c '
import sys
try:
    import numpy
except ImportError:
    sys.exit()
import naclip' || fail "Python cannot import naclip"
  for program in naclip-export naclip-report; do has_page "$program"; done
  # They find the package from their own place.
  if clean /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
    for program in naclip-export naclip-report; do
      clean GI_TYPELIB_PATH="$libraries/girepository-1.0" LD_LIBRARY_PATH="${destination:+$libraries}" \
        "$programs/$program" --help >/dev/null || fail "$program does not run"
    done
  fi
fi
