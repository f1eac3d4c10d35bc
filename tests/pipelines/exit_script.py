"""Ends as a Python program does, with the given status, while a pipeline plays."""
import sys

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=60/1 ! "
    "naclipsegment name=segment mode=async carry=on ! naclipoverlay ! "
    "appsink name=sink sync=false max-buffers=1 drop=true")
segment = pipeline.get_by_name("segment")
segment.set_property("model", sys.argv[2])
segment.set_property("vocabulary", "giraffe; sky; grass")
pipeline.set_state(Gst.State.PLAYING)
# No callback in Python: PyGObject itself crashes where one is called after the interpreter's end.
pipeline.get_by_name("sink").emit("pull-sample")
sys.exit(int(sys.argv[1]))
