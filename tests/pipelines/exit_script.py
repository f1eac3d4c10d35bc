"""Ends as a Python program does, with the given status, while a pipeline plays."""
import sys
import threading

import gi

gi.require_version("Gst", "1.0")
from gi.repository import Gst

Gst.init(None)
shown = threading.Event()
pipeline = Gst.parse_launch(
    "videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=60/1 ! "
    "naclipsegment name=segment mode=async carry=on ! naclipoverlay ! "
    "fakesink name=sink signal-handoffs=true sync=false")
segment = pipeline.get_by_name("segment")
segment.set_property("model", sys.argv[2])
segment.set_property("vocabulary", "giraffe; sky; grass")
pipeline.get_by_name("sink").connect("handoff", lambda *_: shown.set())
pipeline.set_state(Gst.State.PLAYING)
shown.wait()
sys.exit(int(sys.argv[1]))
