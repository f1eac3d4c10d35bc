"""Every frame of a video, with its mask."""

import functools
import os
import pathlib

from ._errors import NaclipError
from ._gstreamer import Gst, GstNaclip
from ._pictures import frame_size, nearest, rgb_array
from ._pipeline import Pipeline


class Frame:
    """A frame of a video and its mask: `image`, `mask`, `labels()`, `regions`, `pts`, and `meta`, the
    GstNaclip.SegmentationMeta. It may be kept as long as wanted, and its arrays longer; so long its memory is used."""

    def __init__(self, sample):
        self._buffer = sample.get_buffer()
        self._size = frame_size(sample)
        self.meta = GstNaclip.buffer_segmentations(self._buffer)[0]

    @property
    def pts(self):
        """When it is shown, in nanoseconds of the video; None where the video does not say."""
        pts = self._buffer.pts
        return None if pts == Gst.CLOCK_TIME_NONE else pts

    @functools.cached_property
    def image(self):
        """[height, width, 3] uint8, RGB: a read-only view of the frame itself."""
        return rgb_array(self._buffer, self._size)

    @functools.cached_property
    def mask(self):
        """Each pixel's region id, at the size of the mask: see GstNaclip.SegmentationMeta.mask."""
        return self.meta.mask

    @functools.cached_property
    def regions(self):
        """The regions by label: see GstNaclip.Segmentation.regions."""
        return self.meta.regions

    def labels(self):
        """The mask at the frame's size, by nearest neighbour: [height, width], the mask's dtype. Without a copy, and
        read-only, where the mask has that size; else a new array."""
        if self.mask.shape == self._size:
            return self.mask
        rows, columns = (nearest(*sizes) for sizes in zip(self._size, self.mask.shape))
        return self.mask[rows[:, None], columns]


class _Video(Pipeline):
    """A video, turned upright."""

    def __init__(self, source, properties):
        super().__init__("uridecodebin name=source ! videoconvert name=convert ! videoflip video-direction=auto "
                         "! videoconvert", properties, {})
        self._name = os.fspath(source)
        self.element("source").set_property("uri", _uri_of(self._name))

    def what_fails(self):
        is_video = self.element("convert").get_static_pad("sink").is_linked()
        return self._name if is_video else f"there is no video in {self._name} that can be decoded"


def _uri_of(name):
    if pathlib.Path(name).is_file():
        return pathlib.Path(name).resolve().as_uri()
    if Gst.uri_is_valid(name) and "/" in name:
        return name
    raise NaclipError(f"there is no file {name}")


def _play(video):
    try:
        video.play()
        while (sample := video.pull()) is not None:
            yield Frame(sample)
    finally:
        video.stop()


def frames(source, *, model, vocabulary="", **properties):
    """Plays a video through naclipsegment: an iterator over every frame, as a Frame.

    `source` is a path or a URI, `model` a checkpoint or a name such as ViT-B/16, `vocabulary` what to look for, such as
    "person; car, truck; sky"; other properties of naclipsegment are keywords, such as `input_size=224`, all but `mode`
    and `on_error`. No frame is dropped; frames are decoded and segmented at most a few ahead of the loop. A frame is
    turned as the file says that it is shown. The pipeline ends with the iterator: at the last frame, when a loop is
    left and nothing else holds it, or by its close().

    Raises NaclipError, at once for a missing file and a bad property, else where the frames come from the iterator.
    GStreamer's warnings are Python's, RuntimeWarning.
    """
    return _play(_Video(source, {"model": model, "vocabulary": vocabulary, **properties}))
