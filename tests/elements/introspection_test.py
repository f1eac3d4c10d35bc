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

regions = []
for label, colour in (("background", 0), ("person", 0xFF8000)):
    region = GstNaclip.NaclipRegion()
    region.label = label
    region.colour = colour
    region.share = 0.5
    regions.append(region)
segmentation = GstNaclip.NaclipSegmentation.new(mask, regions, 4 * Gst.SECOND)

frame = Gst.Buffer.new_allocate(None, 16, None)
frame.pts = 5 * Gst.SECOND
assert GstNaclip.buffer_get_naclip_segmentation_meta(frame) is None
GstNaclip.buffer_add_naclip_segmentation_meta(frame, segmentation, 0, 0, 4, 4)

meta = GstNaclip.buffer_get_naclip_segmentation_meta(frame)
assert (meta.x, meta.y, meta.width, meta.height) == (0, 0, 4, 4)
assert meta.get_age(frame) == Gst.SECOND
found = meta.get_segmentation()
assert found.get_n_regions() == 2
assert found.find_region("person") == 1
assert found.find_region("dog") == -1
assert found.get_region(1).label == "person"
assert found.get_region(1).colour == 0xFF8000
assert found.get_region(2) is None
assert found.get_mask().extract_dup(0, 4) == bytes([0, 1, 1, 0])
print("ok")
