"""What the tests of the Python module have in common. A test that lacks something exits with 77, skipped."""

import importlib
import sys


def skip(why):
    print(f"skipped: {why}")
    sys.exit(77)


def needed(module):
    """A module of Python, without which there is no test."""
    try:
        return importlib.import_module(module)
    except ImportError as missing:
        skip(missing)


try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstVideo", "1.0")
    from gi.repository import Gst, GstVideo
except (ImportError, ValueError) as missing:
    skip(missing)
numpy = needed("numpy")
gi.require_version("GstNaclip", "1.0")
from gi.repository import GstNaclip  # noqa: E402

Gst.init(None)


def make_segmentation(ids, labels=None, offset=0):
    """A segmentation whose mask is `ids` [height, width] uint8 or uint16, `offset` bytes into its buffer."""
    height, width = ids.shape
    labels = labels or [f"class {number}" for number in range(int(ids.max()) + 1)]
    is_wide = ids.dtype.itemsize == 2
    mask = Gst.Buffer.new_wrapped(bytes(offset) + ids.tobytes())
    GstVideo.buffer_add_video_meta_full(
        mask, GstVideo.VideoFrameFlags.NONE,
        GstVideo.VideoFormat.GRAY16_LE if is_wide else GstVideo.VideoFormat.GRAY8, width, height, 1,
        [offset, 0, 0, 0], [width * ids.dtype.itemsize, 0, 0, 0])
    regions = [GstNaclip.Region.new(label, 0x102030 + number, (ids == number).mean(), 0.5)
               for number, label in enumerate(labels)]
    return GstNaclip.Segmentation.new(mask, regions, "test", Gst.SECOND)


def make_frame(segmentation, rectangle=(0, 0, 4, 4)):
    """A frame with this segmentation on it."""
    frame = Gst.Buffer.new_allocate(None, 16, None)
    frame.pts = Gst.SECOND
    GstNaclip.buffer_add_segmentation_meta(frame, segmentation, *rectangle)
    return frame


def masks():
    """Masks of many shapes: thin, full, speckled, of long runs, and of more than 256 regions."""
    generator = numpy.random.default_rng(7)
    for height, width in [(1, 1), (1, 9), (9, 1), (2, 3), (16, 16), (37, 53)]:
        for count in 1, 2, 3, 7:
            yield generator.integers(0, count, (height, width), numpy.uint8)
    yield numpy.zeros((8, 8), numpy.uint8)
    yield numpy.ones((8, 8), numpy.uint8)
    large = numpy.zeros((700, 900), numpy.uint8)
    large[100:650, 200:800] = 1
    large[300:400, 300:400] = 2
    yield large
    yield generator.integers(0, 400, (50, 60), numpy.uint16)


def error_of(function, *arguments):
    """What a call raises."""
    try:
        function(*arguments)
    except Exception as error:
        return error
    raise AssertionError(f"{function} raised nothing")


def run_tests(names):
    """Runs every function of these that is called test_*, and says so."""
    for name, test in list(names.items()):
        if name.startswith("test_"):
            test()
            print(f"{name}: ok", flush=True)
