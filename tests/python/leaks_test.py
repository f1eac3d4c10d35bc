"""Takes 300 frames from appsink, keeps and drops masks at random, and asks GStreamer's tracer which buffers are left.

Runs itself twice in a process of its own: as it should be, and with one mask kept on purpose, which the tracer has
to find.
"""

import gc
import os
import random
import subprocess
import sys

from segmented import frames_of, make_pipeline
from support import Gst, GstNaclip, numpy, skip

FRAMES = 300
KEPT = []  # until the process is gone


def take_frames(keeps_one):
    choice = random.Random(3)
    kept = []
    pipeline = make_pipeline(FRAMES, "interval=3")
    count = 0
    for frame in frames_of(pipeline):
        count += 1
        meta, = GstNaclip.buffer_segmentations(frame)
        what = choice.randrange(4)
        if what == 0:
            kept.append((meta.mask, meta.mask.copy()))
        elif what == 1:
            kept.append((meta.get_segmentation().mask[::2, ::2], meta.mask[::2, ::2].copy()))
        elif what == 2 and kept:
            mask, copy = kept.pop(choice.randrange(len(kept)))
            assert (mask == copy).all()
        elif what == 3 and meta.coco():
            assert sum(entry["area"] for entry in meta.coco()) == numpy.count_nonzero(meta.mask)
    assert count == FRAMES, count
    pipeline.set_state(Gst.State.NULL)
    assert len(kept) > FRAMES / 10
    assert all((mask == copy).all() for mask, copy in kept)
    if keeps_one:
        KEPT.append(kept[0])


def buffers_left(*arguments):
    """The tracer's lines of buffers that are left at the end of a process."""
    environment = dict(os.environ, GST_TRACERS="leaks(filters=GstBuffer)", GST_DEBUG="GST_TRACER:7",
                       GST_DEBUG_NO_COLOR="1")
    environment.pop("GST_DEBUG_FILE", None)
    done = subprocess.run([sys.executable, __file__, "take", *arguments], env=environment, capture_output=True,
                          text=True)
    if done.returncode == 77:
        skip(done.stdout)
    assert done.returncode == 0, done.stdout + done.stderr
    return [line for line in done.stderr.splitlines() if "object-alive, type-name=(string)GstBuffer," in line]


if sys.argv[1:2] == ["take"]:
    take_frames(keeps_one="keep" in sys.argv)
    gc.collect()
    Gst.deinit()
    os._exit(0)  # what was kept on purpose must not be freed behind deinit()

left = buffers_left("keep")
assert len(left) == 1, f"the tracer does not find the one mask that was kept: {left}"
left = buffers_left()
assert not left, left
print("ok")
