"""What was recorded with annotations, read again: pictures, masks and messages."""

import functools
import os
import pathlib
import typing
import weakref

from ._errors import NaclipError
from ._gstreamer import Gst, GstNaclip, GstVideo, numpy
from ._messages import Vocabulary, parsed, vocabulary_of
from ._pictures import frame_size, gray_array, nearest_within, rgb_array
from ._pipeline import Player, nothing_linked

# The queue grows where one track waits for another. Filters are elements of their own: what GStreamer adds for caps in
# a link that is made while the states change may be disposed in a wrong state (1.22).
_LAUNCH = """
filesrc name=file ! matroskademux name=demux
multiqueue name=queue max-size-bytes=33554432 max-size-buffers=0 max-size-time=0
demux.video_0 ! queue.sink_0 queue.src_0 ! decodebin ! videoconvert ! capsfilter caps=video/x-raw,format=RGB
  ! appsink name=picture sync=false max-buffers=2
demux.video_1 ! queue.sink_1 queue.src_1 ! decodebin ! capsfilter caps=video/x-raw,format={GRAY8,GRAY16_LE}
  ! appsink name=mask sync=false max-buffers=2
demux.subtitle_0 ! queue.sink_2 queue.src_2 ! capsfilter caps=text/x-raw
  ! appsink name=text sync=false max-buffers=2
"""
_SAME_TIME = Gst.MSECOND // 2  # Matroska's times are whole milliseconds
_MATROSKA = b"\x1a\x45\xdf\xa3"
_NO_MASKS = ("this recording has no masks: record it with `naclip-live --output FILE.mkv --annotations` or "
             "record-annotated.launch")


class RecordedRegion(typing.NamedTuple):
    """What one pixel value of a mask stands for: `colour` is 0xRRGGBB, `share` a part of the mask's pixels,
    `confidence` the mean over them, 0 where it is not known, and `box` the rectangle around it in pixels of the frame:
    left, top, width and height, None where there is none of it, and for the background."""

    id: int
    label: str
    colour: int
    share: float
    confidence: float
    box: typing.Optional[tuple]


def segmentation_of(mask, regions, pts):
    """A GstNaclip.Segmentation of a mask, [height, width] uint8 or uint16, and its RecordedRegions in the order of
    ids."""
    height, width = mask.shape
    is_wide = mask.dtype.itemsize == 2
    layout = GstVideo.VideoFormat.GRAY16_LE if is_wide else GstVideo.VideoFormat.GRAY8
    buffer = Gst.Buffer.new_wrapped(numpy.ascontiguousarray(mask).tobytes())
    GstVideo.buffer_add_video_meta_full(buffer, GstVideo.VideoFrameFlags.NONE, layout, width, height, 1, [0, 0, 0, 0],
                                        [width * mask.dtype.itemsize, 0, 0, 0])
    copies = [GstNaclip.Region.new(region.label, region.colour, region.share, region.confidence) for region in regions]
    return GstNaclip.Segmentation.new(buffer, copies, "recording", pts)


class RecordedFrame:
    """A frame of a recording: `image`, `mask`, `labels()`, `regions`, `messages`, `pts` and `vocabulary`. It may be
    kept as long as wanted, and its arrays longer; so long its memory is used."""

    def __init__(self, picture, mask, messages, vocabulary):
        self._picture, self._mask = picture.get_buffer(), mask.get_buffer()
        self._size, self._mask_size = frame_size(picture), frame_size(mask)
        self._is_wide = mask.get_caps().get_structure(0).get_value("format") == "GRAY16_LE"
        self._vocabulary = vocabulary
        self.messages = messages
        self._said = next((message for message in reversed(messages) if message["type"] == "frame"), {})

    @property
    def pts(self):
        """When it is shown, in nanoseconds of the recording."""
        return self._picture.pts

    @functools.cached_property
    def image(self):
        """[height, width, 3] uint8, RGB: a read-only view of the frame itself."""
        return rgb_array(self._picture, self._size)

    @functools.cached_property
    def mask(self):
        """Each pixel's region id, at the size of the mask: [height, width] uint8, or uint16 above 256 regions.
        Read-only."""
        return gray_array(self._mask, self._mask_size, self._is_wide)

    @property
    def rectangle(self):
        """The rectangle of the frame that the mask covers: left, top, width and height. It may reach beyond the frame
        where the mask is recorded as it was computed; at the frame's size it covers the frame."""
        height, width = self._size
        said = self._said.get("mask")
        is_as_computed = said and tuple(said["size"][::-1]) == self._mask_size != self._size
        return tuple(said["rectangle"]) if is_as_computed else (0, 0, width, height)

    def labels(self):
        """The mask at the frame's size, by nearest neighbour: [height, width], the mask's dtype, 0 where the mask does
        not reach. Without a copy, and read-only, where the mask has that size; else a new array."""
        left, top, width, height = self.rectangle
        if self.mask.shape == self._size and (left, top, height, width) == (0, 0, *self._size):
            return self.mask
        rows = nearest_within(self._size[0], self._mask_size[0], top, height)
        columns = nearest_within(self._size[1], self._mask_size[1], left, width)
        found = self.mask[rows.clip(0, self._mask_size[0] - 1)[:, None], columns.clip(0, self._mask_size[1] - 1)]
        found[(rows < 0) | (rows >= self._mask_size[0])] = 0
        found[:, (columns < 0) | (columns >= self._mask_size[1])] = 0
        return found

    @functools.cached_property
    def _counts(self):
        return numpy.bincount(self.mask.ravel(), minlength=len(self._vocabulary.labels))

    def _box_of(self, number):
        if number == 0 or self._counts[number] == 0:
            return None
        is_region = self._labels == number
        columns, rows = (numpy.flatnonzero(is_region.any(axis=axis)) for axis in (0, 1))
        if len(rows) == 0:
            return None
        return (int(columns[0]), int(rows[0]), int(columns[-1] - columns[0]) + 1, int(rows[-1] - rows[0]) + 1)

    @functools.cached_property
    def _labels(self):
        return self.labels()

    @functools.cached_property
    def _words(self):
        """The vocabulary, with a label for each value in the mask."""
        return self._vocabulary.covering(len(self._counts), self._said.get("regions", []))

    @property
    def vocabulary(self):
        """The labels in the order of ids, a tuple."""
        return self._words.labels

    @property
    def time(self):
        """When it was seen, RFC 3339 in UTC; None where no message says it."""
        return self._said.get("time")

    @functools.cached_property
    def regions_in_order(self):
        """All regions as a list of RecordedRegion: index = id."""
        said = {region["id"]: region for region in self._said.get("regions", [])}
        has_its_size = self._said.get("size", [])[::-1] == list(self._size)
        found = []
        for number, (label, colour) in enumerate(zip(*self._words)):
            region = said.get(number, {})
            share = region["share"] if "share" in region else float(self._counts[number] / self.mask.size)
            box = tuple(region["box"]) if "box" in region and has_its_size else self._box_of(number)
            found.append(RecordedRegion(number, label, colour, share, region.get("confidence", 0.0), box))
        return found

    @functools.cached_property
    def regions(self):
        """The regions by label, in the order of their ids: a dict of RecordedRegion. Shares and confidences are those
        of the messages; where these leave a class out, its share is counted. Of regions with one label, the first."""
        found = {}
        for region in self.regions_in_order:
            found.setdefault(region.label, region)
        return found

    @functools.cached_property
    def segmentation(self):
        """The mask and its regions as a GstNaclip.Segmentation."""
        return segmentation_of(self.mask, self.regions_in_order, self.pts)

    def coco(self):
        """See GstNaclip.Segmentation.coco(). Lengths are pixels of the mask, not of the frame."""
        return self.segmentation.coco()

    def polygons(self, tolerance=0.0):
        """See GstNaclip.Segmentation.polygons(). Coordinates and tolerance are pixels of the frame."""
        left, top, width, height = self.rectangle
        return self.segmentation._polygons(tolerance, (left, top),
                                           (width / self._mask_size[1], height / self._mask_size[0]))


class _Tracks(Player):
    """The three tracks of a recording."""

    def __init__(self, path):
        super().__init__(_LAUNCH, "GStreamer's own elements are in gstreamer1.0-plugins-base and "
                                  "gstreamer1.0-plugins-good")
        self._path = path
        self.element("file").set_property("location", path)
        self._sinks = {track: self.element(track) for track in ("picture", "mask", "text")}
        self._waiting = {}
        self.begin = None

    def pull(self, track):
        """A track's next Gst.Sample, or None after the last one. Raises NaclipError."""
        return self._waiting.pop(track, None) or self.pull_from(self._sinks[track])

    def until(self, track, pts):
        """A track's next samples, as far as they are not later than `pts`."""
        while (sample := self.pull(track)) is not None:
            if sample.get_buffer().pts > pts + _SAME_TIME:
                self._waiting[track] = sample
                return
            yield sample

    def duration(self):
        known, duration = self.element("demux").query_duration(Gst.Format.TIME)
        return duration if known and duration > 0 else None

    def as_error(self, message):
        if message.type == Gst.MessageType.WARNING and nothing_linked(message):
            return NaclipError(f"{self._path}: {_NO_MASKS}")
        return super().as_error(message)

    def what_fails(self):
        return self._path


def _has_no_mask(messages):
    """Whether a frame's own messages say so: what is recorded as its mask is empty then."""
    said = [message for message in messages if message["type"] == "frame"]
    return bool(said) and "mask" not in said[-1]


def _read(tracks):
    """The frames, with the messages since the frame before."""
    vocabulary, messages, count = Vocabulary((), ()), [], 0
    try:
        tracks.play()
        while (picture := tracks.pull("picture")) is not None:
            pts = picture.get_buffer().pts
            tracks.begin = pts if tracks.begin is None else tracks.begin
            masks = [mask for mask in tracks.until("mask", pts) if mask.get_buffer().pts >= pts - _SAME_TIME]
            new = []
            for text in tracks.until("text", pts):
                content = text.get_buffer()
                new += parsed(content.extract_dup(0, content.get_size()).decode("utf-8", "replace"))
            messages += new
            if not masks or _has_no_mask(new):
                continue
            for message in messages:
                if message["type"] == "vocabulary":
                    vocabulary = vocabulary_of(message)
            yield RecordedFrame(picture, masks[-1], messages, vocabulary)
            messages, count = [], count + 1
        if count == 0:
            raise NaclipError(f"there is no frame with a mask in {tracks.what_fails()}")
    finally:
        tracks.stop()


class Recording:
    """An iterator over the frames of a recording that have a mask, each a RecordedFrame. The pipeline ends with the
    last frame, when nothing holds the iterator any more, or by close()."""

    def __init__(self, path):
        name = os.fspath(path)
        if not pathlib.Path(name).is_file():
            raise NaclipError(f"there is no file {name}")
        with open(name, "rb") as file:
            if file.read(len(_MATROSKA)) != _MATROSKA:
                raise NaclipError(f"{name} is no Matroska file, which a recording with masks is")
        self._tracks = _Tracks(name)
        self._frames = _read(self._tracks)
        self._stop = weakref.finalize(self, self._tracks.stop)

    def __iter__(self):
        return self

    def __next__(self):
        return next(self._frames)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @property
    def duration(self):
        """How long it is, in nanoseconds; None before the first frame, and where the file does not say."""
        return self._tracks.duration()

    @property
    def begin(self):
        """When its first picture is shown, in nanoseconds, whether that has a mask or not; None before the first
        frame."""
        return self._tracks.begin

    def close(self):
        """Ends it before its last frame."""
        self._frames.close()
        self._stop()


def recording(path):
    """Reads a recording with annotations: an iterator over its frames, a Recording. No model is needed.

    It is a Matroska file whose first video track is the picture, whose second is the mask, and whose text track has
    messages. They belong together by their times; frames without a mask are left out, and their messages come with the
    next one. A file that was cut off is read as far as it goes. A few frames are decoded ahead of the loop.

    Raises NaclipError, at once for a missing file and one that is no Matroska, else where frames come from the
    iterator. GStreamer's warnings are Python's, RuntimeWarning.
    """
    return Recording(path)
