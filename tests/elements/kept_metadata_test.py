"""Keeps what the metadata library hands out until its frames are gone, and reads it then.

Runs itself under valgrind, which sees each read of memory that was freed. Exits with 77, skipped, where something
is missing.
"""

import os
import pathlib
import shutil
import sys

FRAMES = 100


def restart_under_valgrind():
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        sys.exit(77)
    suppressions = pathlib.Path("/usr/lib/valgrind/python3.supp")
    environment = dict(os.environ, NACLIP_UNDER_VALGRIND="1", PYTHONMALLOC="malloc", G_SLICE="always-malloc")
    os.execvpe("valgrind", [
        "valgrind", "--quiet", "--error-exitcode=9", "--leak-check=no", "--undef-value-errors=no",
        *([f"--suppressions={suppressions}"] if suppressions.exists() else []), sys.executable, __file__], environment)


try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import Gst, GstVideo
except (ImportError, ValueError) as missing:
    print(f"skipped: {missing}")
    sys.exit(77)
if "NACLIP_UNDER_VALGRIND" not in os.environ:
    restart_under_valgrind()

gi.require_version("GstNaclip", "1.0")
from gi.repository import GstNaclip  # noqa: E402

Gst.init(None)


def label_of(number):
    return f"the person of frame {number}, whose label is too long to be kept within a string"


def make_frame(number):
    mask = Gst.Buffer.new_wrapped(bytes([0, 1, 1, number]))
    GstVideo.buffer_add_video_meta_full(
        mask, GstVideo.VideoFrameFlags.NONE, GstVideo.VideoFormat.GRAY8, 2, 2, 1, [0] * 4, [2, 0, 0, 0])
    regions = [GstNaclip.NaclipRegion.new("background", 0, 0.5, 0.5),
               GstNaclip.NaclipRegion.new(label_of(number), number, 0.25, 0.75)]
    segmentation = GstNaclip.NaclipSegmentation.new(mask, regions, f"source {number}", number)
    frame = Gst.Buffer.new_allocate(None, 16, None)
    frame.pts = number + 7
    GstNaclip.buffer_add_naclip_segmentation_meta(frame, segmentation, number, 1, 2, 3)
    return frame


def parts_of(frame):
    """One of each kind of thing that may be kept."""
    meta = GstNaclip.buffer_get_naclip_segmentation_meta(frame)
    segmentation = meta.get_segmentation()
    return {"meta": meta, "nth": GstNaclip.buffer_get_nth_naclip_segmentation_meta(frame, 0),
            "field": meta.segmentation, "segmentation": segmentation, "region": segmentation.get_region(1),
            "mask": segmentation.get_mask(), "source": segmentation.get_source()}


def check_region(region, number):
    assert region.label == label_of(number)
    assert (region.colour, region.share, region.confidence) == (number, 0.25, 0.75)


def check_meta(meta, number):
    assert (meta.x, meta.y, meta.width, meta.height) == (number, 1, 2, 3)
    later = Gst.Buffer.new()
    later.pts = number + 9
    assert meta.get_age(later) == 9
    check_region(meta.get_segmentation().get_region(1), number)


def check_mask(mask, number):
    assert mask.extract_dup(0, 4) == bytes([0, 1, 1, number])


def check_source(source, number):
    assert source == f"source {number}"


CHECKS = {
    "meta": check_meta,
    "nth": check_meta,
    "field": lambda segmentation, number: check_region(segmentation.get_region(1), number),
    "segmentation": lambda segmentation, number: check_mask(segmentation.get_mask(), number),
    "region": check_region,
    "mask": check_mask,
    "source": check_source,
}

# Each list keeps one kind alone: one that is counted would keep the others alive.
for kind, check in CHECKS.items():
    kept = [parts_of(make_frame(number))[kind] for number in range(FRAMES)]
    for number, part in enumerate(kept):
        check(part, number)
    print(f"{kind}: ok")
