"""What Python adds to gst-naclip's metadata: masks as NumPy arrays, regions by label, COCO, polygons.

PyGObject loads this file with `from gi.repository import GstNaclip`. The library's own names stay; each also has one
without the second Naclip: GstNaclip.Segmentation is GstNaclip.NaclipSegmentation.

Arrays, metas and regions may be kept when the frame and the pipeline are gone, and be used by any thread. NumPy is
imported by what returns arrays and by `coco()`, OpenCV by `polygons()`: each raises ImportError where it is missing.
"""

import ctypes
import importlib

from gi.module import get_introspection_module
from gi.overrides import override
from gi.repository import Gst, GstVideo

GstNaclip = get_introspection_module("GstNaclip")


def needed(module, package):
    """An optional module, or an ImportError that says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this needs Python's {module}, which cannot be imported ({error}). On Debian: "
                          f"apt-get install python3-{package}") from error


def _numpy():
    return needed("numpy", "numpy")


class _MapInfo(ctypes.Structure):
    """GstMapInfo, whose layout is part of GStreamer's ABI."""

    _fields_ = [("memory", ctypes.c_void_p), ("flags", ctypes.c_int), ("data", ctypes.c_void_p),
                ("size", ctypes.c_size_t), ("maxsize", ctypes.c_size_t), ("user_data", ctypes.c_void_p * 4),
                ("reserved", ctypes.c_void_p * 4)]


# PyGObject copies a mapped buffer's bytes, so that a view without a copy has to map it itself.
_gstreamer = ctypes.CDLL("libgstreamer-1.0.so.0")
_map = _gstreamer.gst_buffer_map
_map.argtypes = [ctypes.c_void_p, ctypes.POINTER(_MapInfo), ctypes.c_int]
_map.restype = ctypes.c_int
_unmap = _gstreamer.gst_buffer_unmap
_unmap.argtypes = [ctypes.c_void_p, ctypes.POINTER(_MapInfo)]
_unmap.restype = None


class _Mapping:
    """A buffer that is mapped as long as this object lives. NumPy keeps it as the base of the array."""

    def __init__(self, buffer, flags):
        self._info = _MapInfo()
        self._buffer = buffer
        self._address = ctypes.c_void_p(hash(buffer))  # what a boxed object's hash is
        if not _map(self._address, self._info, flags):
            self._info.data = None
            raise RuntimeError("the buffer cannot be mapped")
        self.begin = self._info.data

    def __del__(self, _unmap=_unmap):  # the module may be gone when the interpreter ends
        if self._info.data:
            _unmap(self._address, self._info)


def mapped_array(buffer, shape, typestr="|u1", offset=0, strides=None, writable=False):
    """The memory of a Gst.Buffer as an array, without a copy: mapped until the last view of it is gone.

    `typestr` is NumPy's; `offset` and `strides` are bytes, the latter None where nothing lies between the elements.
    Raises ImportError without NumPy, RuntimeError where the buffer cannot be mapped.
    """
    mapping = _Mapping(buffer, Gst.MapFlags.WRITE if writable else Gst.MapFlags.READ)
    mapping.__array_interface__ = {
        "version": 3,
        "shape": shape,
        "typestr": typestr,
        "data": (mapping.begin + offset, not writable),
        "strides": strides,
    }
    return _numpy().asarray(mapping)


def _rle_text(lengths):
    """COCO's compressed run lengths, as pycocotools writes them.

    `lengths` [N] int64: runs of 0 and 1 in turn, 0 first. From the fourth on, the difference to the last but one is
    written: groups of five bits, the lowest first, bit 5 saying that another follows, the last one's bit 4 the sign.
    """
    numpy = _numpy()
    rest = lengths.copy()
    rest[3:] -= lengths[1:-2]
    goes_on = numpy.ones(len(rest), bool)
    columns = []
    while goes_on.any():
        bits = rest & 31
        rest >>= 5
        more = numpy.where(bits & 16, rest != -1, rest != 0)
        columns.append(numpy.where(goes_on, bits + 32 * more + 48, 0))
        goes_on &= more
    text = numpy.stack(columns, axis=1).astype(numpy.uint8)
    return text[text > 0].tobytes().decode("ascii")


def _box(begins, ends, height):
    """[x, y, width, height] of runs down the columns of a mask; `begins`, `ends` [N] int64, N at least 1."""
    left, right = begins[0] // height, (ends[-1] - 1) // height
    if (begins // height != (ends - 1) // height).any():
        top, bottom = 0, height - 1  # a run that goes on in the next column
    else:
        top, bottom = (begins % height).min(), ((ends - 1) % height).max()
    return [int(left), int(top), int(right - left + 1), int(bottom - top + 1)]


def _ring(border):
    """The corners of a border that OpenCV followed on a doubled grid: [N, 2] int32 -> [M, 2] float64, in cells.

    OpenCV steps diagonally over a corner that points inwards. The corners of cells have even coordinates there.
    """
    numpy = _numpy()
    following = numpy.roll(border, -1, axis=0)
    is_cut = (border != following).all(axis=1)
    corners = numpy.where(border % 2 == 0, border, following)
    points = numpy.stack([border, corners], axis=1)
    points = points[numpy.stack([numpy.ones_like(is_cut), is_cut], axis=1)]
    steps = numpy.roll(points, -1, axis=0) - points
    turns = (steps != numpy.roll(steps, 1, axis=0)).any(axis=1)
    return points[turns][::-1] / 2


def _parts(cells):
    """The connected parts of a mask [height, width] bool: for each a list of its rings, the outer one first."""
    numpy, cv2 = _numpy(), needed("cv2", "opencv")
    count, parts, boxes, _ = cv2.connectedComponentsWithStats(cells.astype(numpy.uint8), connectivity=4)
    found = []
    for part in range(1, count):
        x, y, width, height = boxes[part, :4]
        # Cell i covers 2 i to 2 i + 2, so that borders run along its edges and not through its middle.
        grid = numpy.zeros((2 * height + 1, 2 * width + 1), numpy.uint8)
        grid[1::2, 1::2] = parts[y:y + height, x:x + width] == part
        grid = cv2.dilate(grid, numpy.ones((3, 3), numpy.uint8))
        borders, tree = cv2.findContours(grid, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_NONE)
        outer_first = numpy.argsort(tree[0, :, 3] >= 0, kind="stable")
        found.append([_ring(borders[i][:, 0]) + (x, y) for i in outer_first])
    return found


def _simplified(ring, tolerance):
    """A ring without the corners that it does without: what is narrower than the tolerance keeps its form."""
    if tolerance > 0 and len(ring) > 4:
        simple = needed("cv2", "opencv").approxPolyDP(ring, tolerance, True)[:, 0]
        return simple if len(simple) > 2 else ring
    return ring


@override
class NaclipRegion(GstNaclip.NaclipRegion):
    """What one pixel value of a mask stands for: `label`, `colour` (0xRRGGBB), `share` of the mask's pixels and mean
    `confidence`, both 0 to 1, and `id`, the pixel value, which is None where the region comes from no `regions`."""

    id = None


@override
class NaclipSegmentation(GstNaclip.NaclipSegmentation):
    """A mask and its regions. Immutable."""

    @property
    def mask(self):
        """The id of each pixel's region: [height, width] uint8, or uint16 above 256 regions. A read-only view of the
        mask itself, without copy, which stays valid when everything else is gone. Each access maps the mask anew.

        Raises ImportError without NumPy, RuntimeError where the mask cannot be mapped.
        """
        mask = self.get_mask()
        is_wide = self.get_format() == GstVideo.VideoFormat.GRAY16_LE
        return mapped_array(mask, (self.get_height(), self.get_width()), "<u2" if is_wide else "|u1",
                            GstVideo.buffer_get_video_meta(mask).offset[0])

    @property
    def regions(self):
        """The regions by label, in the order of their ids: a new dict of GstNaclip.Region. Region 0 is nothing, or
        the background. Of regions with one label, the dict has the first."""
        found = {}
        for number in range(self.get_n_regions()):
            region = self.get_region(number)
            region.id = number
            found.setdefault(region.label, region)
        return found

    def coco(self):
        """The mask as COCO's results, a dict for each region with pixels, without region 0. It has `category_id`,
        `category_name`, `segmentation` (`size` [height, width] and `counts`, the compressed run lengths as str),
        `area` in pixels, `bbox` [x, y, width, height], and `score`, the confidence. Lengths are pixels of the mask.

        json.dump() writes it, pycocotools reads it; `image_id` is the caller's. Raises ImportError without NumPy.
        """
        numpy = _numpy()
        mask = self.mask
        height, width = mask.shape
        pixels = mask.T.ravel()
        edges = numpy.flatnonzero(pixels[1:] != pixels[:-1]) + 1
        begins = numpy.concatenate([[0], edges])
        ends = numpy.concatenate([edges, [pixels.size]])
        ids = pixels[begins]
        found = []
        for number in range(1, self.get_n_regions()):
            of_region = ids == number
            if not of_region.any():
                continue
            runs = numpy.stack([begins[of_region], ends[of_region]], axis=1)
            lengths = numpy.diff(runs.ravel(), prepend=0, append=pixels.size)
            region = self.get_region(number)
            found.append({
                "category_id": number,
                "category_name": region.label,
                "segmentation": {
                    "size": [height, width],
                    "counts": _rle_text(lengths if lengths[-1] > 0 else lengths[:-1]),
                },
                "area": int((runs[:, 1] - runs[:, 0]).sum()),
                "bbox": _box(runs[:, 0], runs[:, 1], height),
                "score": region.confidence,
            })
        return found

    def polygons(self, tolerance=0.0):
        """The outlines of the regions by label, without region 0: for each a list of its parts, which are connected
        along edges of pixels, for each part a list of its rings: the outline, clockwise, then those of its holes, the
        other way. A ring is [N, 2] float32, x and y of its corners in pixels of the mask; 0, 0 is the top left corner.
        With a `tolerance` of 0 the rings enclose just the region's pixels; else they may be off by so much.

        Raises ImportError without NumPy and OpenCV, ValueError where the tolerance is negative.
        """
        return self._polygons(tolerance, (0, 0), (1, 1))

    def _polygons(self, tolerance, origin, scale):
        """The same, where the mask's pixels are `scale` times as large and its corner lies at `origin`."""
        if not tolerance >= 0:
            raise ValueError(f"a tolerance is 0 or more pixels, not {tolerance}")
        numpy = _numpy()
        mask = self.mask

        def place(ring):
            return _simplified((ring * scale + origin).astype(numpy.float32), tolerance)

        return {label: [[place(ring) for ring in part] for part in _parts(mask == region.id)]
                for label, region in self.regions.items() if region.id > 0}


@override
class NaclipSegmentationMeta(GstNaclip.NaclipSegmentationMeta):
    """A segmentation on a frame, and the rectangle of the frame that its mask covers: `x`, `y`, `width`, `height`."""

    @property
    def mask(self):
        """See GstNaclip.Segmentation.mask. It covers the rectangle, and need not have the frame's size."""
        return self.get_segmentation().mask

    @property
    def regions(self):
        """See GstNaclip.Segmentation.regions."""
        return self.get_segmentation().regions

    def coco(self):
        """See GstNaclip.Segmentation.coco(). Lengths are pixels of the mask, not of the frame."""
        return self.get_segmentation().coco()

    def polygons(self, tolerance=0.0):
        """See GstNaclip.Segmentation.polygons(). Coordinates and tolerance are pixels of the frame."""
        segmentation = self.get_segmentation()
        scale = (self.width / segmentation.get_width(), self.height / segmentation.get_height())
        return segmentation._polygons(tolerance, (self.x, self.y), scale)


def buffer_segmentations(buffer):
    """The metas on a Gst.Buffer, the latest first: a list of GstNaclip.SegmentationMeta, empty where there are none.

    Raises TypeError where `buffer` is no Gst.Buffer.
    """
    found = []
    while meta := GstNaclip.buffer_get_nth_naclip_segmentation_meta(buffer, len(found)):
        found.append(meta)
    return found


Region, Segmentation, SegmentationMeta = NaclipRegion, NaclipSegmentation, NaclipSegmentationMeta
buffer_add_segmentation_meta = GstNaclip.buffer_add_naclip_segmentation_meta
buffer_get_segmentation_meta = GstNaclip.buffer_get_naclip_segmentation_meta
buffer_get_nth_segmentation_meta = GstNaclip.buffer_get_nth_naclip_segmentation_meta
buffer_find_segmentation_meta = GstNaclip.buffer_find_naclip_segmentation_meta
buffer_is_mask = GstNaclip.buffer_is_naclip_mask

__all__ = ["NaclipRegion", "NaclipSegmentation", "NaclipSegmentationMeta", "Region", "Segmentation",
           "SegmentationMeta", "buffer_segmentations", "buffer_add_segmentation_meta",
           "buffer_get_segmentation_meta", "buffer_get_nth_segmentation_meta", "buffer_find_segmentation_meta",
           "buffer_is_mask"]
