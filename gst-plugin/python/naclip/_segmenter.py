"""One picture after the other, as arrays."""

import contextlib
import threading
import weakref

from ._errors import NaclipError
from ._gstreamer import Gst, GstNaclip, mapped_array, numpy
from ._pipeline import Pipeline

_OF_VIDEOS = "a Segmenter's pictures have nothing to do with each other"
_FIXED = {
    "vocabulary": "segment() takes it",
    "vocabulary-file": "segment() takes the vocabulary",
    **dict.fromkeys(["interval", "carry", "smoothing", "presence", "presence-share", "presence-time"], _OF_VIDEOS),
}


def _checked(picture):
    picture = numpy.asarray(picture)
    if picture.ndim != 3 or picture.shape[2] != 3 or picture.dtype != numpy.uint8 or picture.size == 0:
        raise ValueError("a picture is an array [height, width, 3] of uint8, in the order red, green, blue; this one "
                         f"is {list(picture.shape)} of {picture.dtype}")
    return picture


def _buffer_of(picture):
    """A Gst.Buffer with a picture's pixels, whose rows begin where GStreamer expects RGB's."""
    height, width, _ = picture.shape
    stride = (3 * width + 3) // 4 * 4
    buffer = Gst.Buffer.new_allocate(None, height * stride, None)
    mapped_array(buffer, picture.shape, strides=(stride, 3, 1), writable=True)[...] = picture
    return buffer


class Segmenter:
    """Segments pictures. `model` is a checkpoint or a name such as ViT-B/16; properties of naclipsegment are keywords,
    such as `input_size=224`, all but those of vocabularies and of videos.

    May be used by several threads, which take turns; and with `with`, which closes it. The model is loaded by the
    first segment(), and freed by close(). Raises NaclipError where a property is bad.
    """

    def __init__(self, model, **properties):
        self._lock = threading.Lock()
        self._pipeline = Pipeline("appsrc name=source format=time", {"model": model, **properties}, _FIXED)
        self._source = self._pipeline.element("source")
        self._shape = None
        self._count = 0
        self._vocabulary = None  # the one in use; None where the pipeline is stopped
        self._stop = weakref.finalize(self, self._pipeline.stop)

    def segment(self, picture, vocabulary):
        """The mask of a picture: a GstNaclip.Segmentation, which stays as it is.

        `picture` is [height, width, 3] uint8, RGB, with any strides; `vocabulary` what to look for, such as
        "person; car, truck; sky". Both may be others at each call; words are encoded once. Raises ValueError where the
        picture is no such array, TypeError where the vocabulary is no str, NaclipError for all else. An error has no
        effect on the next call.
        """
        picture = _checked(picture)
        if not isinstance(vocabulary, str):
            raise TypeError(f"a vocabulary is a str, such as \"person; sky\", not {vocabulary!r}")
        with self._lock:
            if not self._stop.alive:
                raise NaclipError("this Segmenter is closed")
            self._use(vocabulary)
            with self._resting_on_error():
                return self._segmented(picture)

    def close(self):
        """Frees the model and all else. Waits for a segment() of another thread."""
        with self._lock:
            self._stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    @contextlib.contextmanager
    def _resting_on_error(self):
        try:
            yield
        except BaseException:  # Ctrl-C, too, after which a mask may still come
            self._pipeline.stop()
            self._vocabulary = self._shape = None
            raise

    def _use(self, vocabulary):
        if vocabulary == self._vocabulary:
            return
        was_stopped = self._vocabulary is None
        if was_stopped:
            self._pipeline.segment.set_property("vocabulary", vocabulary)
        else:
            self._pipeline.set_vocabulary(vocabulary)
        with self._resting_on_error():
            if was_stopped:
                self._pipeline.play()
            self._pipeline.wait_for_words()
        self._vocabulary = vocabulary

    def _segmented(self, picture):
        if picture.shape != self._shape:
            height, width, _ = picture.shape
            self._source.set_property("caps", Gst.Caps.from_string(
                f"video/x-raw,format=RGB,width={width},height={height},framerate=0/1"))
            self._shape = picture.shape
        buffer = _buffer_of(picture)
        buffer.pts = self._count
        self._count += 1
        self._source.emit("push-buffer", buffer)
        sample = self._pipeline.pull()
        if sample is None:
            raise NaclipError("the pipeline has ended")
        return GstNaclip.buffer_segmentations(sample.get_buffer())[0].get_segmentation()
