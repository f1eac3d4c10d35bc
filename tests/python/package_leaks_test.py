"""Segments 20 and 200 times, each time with another vocabulary, every tenth time with another size, and a video played
and a recording read beside it, and asks GStreamer's tracer which objects are left: as many either way.

Runs itself in processes of its own, at last with buffers kept on purpose, which the tracer has to find.
"""

import collections
import gc
import os
import re
import subprocess
import sys
import tempfile

from recorded import make_recording, need_codecs
from small import SETTINGS, make_clip, naclip
from support import Gst, numpy, skip

KEPT = []  # until the process is gone


def work(count, keeps):
    with tempfile.TemporaryDirectory() as folder, naclip.Segmenter(**SETTINGS) as segmenter:
        clip = os.path.join(folder, "clip.mkv")
        recording = os.path.join(folder, "recording.mkv")
        make_clip(clip, frames=4)
        make_recording(recording, frames=4)
        for number in range(count):
            size = 40 + number // 10, 60
            found = segmenter.segment(numpy.zeros((*size, 3), numpy.uint8), f"sky; thing {number}; tree")
            assert list(found.regions)[2] == f"thing {number}"
            if number % 10 == 0:
                for frame in naclip.frames(clip, vocabulary="sky", **SETTINGS):
                    if keeps:
                        KEPT.append((frame.image, found.mask))
                    break
                for frame in naclip.recording(recording):
                    if keeps:
                        KEPT.append((frame.image, frame.mask, frame.segmentation.mask))
                    if number % 20 == 0:
                        break


def left(*arguments):
    """How many objects of each type are left at the end of a process."""
    environment = dict(os.environ, GST_TRACERS="leaks", GST_DEBUG="GST_TRACER:7", GST_DEBUG_NO_COLOR="1")
    environment.pop("GST_DEBUG_FILE", None)
    done = subprocess.run([sys.executable, __file__, *arguments], env=environment, capture_output=True, text=True)
    if done.returncode == 77:
        skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    return collections.Counter(re.findall(r"object-alive, type-name=\(string\)(\w+)", done.stderr))


if len(sys.argv) > 1:
    work(int(sys.argv[1]), keeps="keep" in sys.argv)
    gc.collect()
    Gst.deinit()
    os._exit(0)  # what was kept on purpose must not be freed behind deinit()

need_codecs()
few, many, kept = left("20"), left("200"), left("200", "keep")
assert kept["GstBuffer"] >= 40, f"the tracer does not find what was kept: {kept}"
assert few == many, (few, many)
assert not many["GstBuffer"] and not many["GstPipeline"], many
print("ok")
