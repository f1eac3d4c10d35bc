"""Reads a mask from Python, as a program would that knows the typelib alone."""

import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import Gst, GstVideo
except (ImportError, ValueError) as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

gi.require_version("GstNaclip", "1.0")
from gi.repository import GstNaclip  # noqa: E402

Gst.init(None)

mask = Gst.Buffer.new_wrapped(bytes([0, 1, 1, 0]))
GstVideo.buffer_add_video_meta_full(
    mask, GstVideo.VideoFrameFlags.NONE, GstVideo.VideoFormat.GRAY8, 2, 2, 1, [0] * 4, [2, 0, 0, 0])

regions = [GstNaclip.NaclipRegion.new("background", 0, 0.5, 0.75),
           GstNaclip.NaclipRegion.new("person", 0xFF8000, 0.5, 0.25)]
segmentation = GstNaclip.NaclipSegmentation.new(mask, regions, "people", 4 * Gst.SECOND)

frame = Gst.Buffer.new_allocate(None, 16, None)
frame.pts = 5 * Gst.SECOND
assert GstNaclip.buffer_get_naclip_segmentation_meta(frame) is None
GstNaclip.buffer_add_naclip_segmentation_meta(frame, segmentation, 0, 0, 4, 4)

meta = GstNaclip.buffer_get_naclip_segmentation_meta(frame)
assert (meta.x, meta.y, meta.width, meta.height) == (0, 0, 4, 4)
assert meta.get_age(frame) == Gst.SECOND
frame.pts += 1000 * 3600 * Gst.SECOND
assert meta.get_age(frame) == Gst.CLOCK_TIME_NONE
found = meta.get_segmentation()
assert found.get_n_regions() == 2
assert found.find_region("person") == 1
assert found.find_region("dog") == -1
assert found.get_region(1).label == "person"
assert found.get_region(1).colour == 0xFF8000
assert found.get_region(1).share == 0.5
assert found.get_region(1).confidence == 0.25
assert found.get_region(2) is None
assert found.get_mask().extract_dup(0, 4) == bytes([0, 1, 1, 0])

cars = GstNaclip.NaclipSegmentation.new(mask, regions[:1], "cars", 4 * Gst.SECOND)
GstNaclip.buffer_add_naclip_segmentation_meta(frame, cars, 0, 0, 4, 4)


def all_of(frame):
    """Every segmentation of a frame, the latest first."""
    n = 0
    while meta := GstNaclip.buffer_get_nth_naclip_segmentation_meta(frame, n):
        yield meta.get_segmentation()
        n += 1


assert [one.get_source() for one in all_of(frame)] == ["cars", "people"]
latest = GstNaclip.buffer_get_naclip_segmentation_meta(frame)
assert latest.get_segmentation().get_source() == "cars"
people = GstNaclip.buffer_find_naclip_segmentation_meta(frame, "people")
assert people.get_segmentation().get_n_regions() == 2
assert GstNaclip.buffer_find_naclip_segmentation_meta(frame, "dogs") is None
print("ok")
