"""Pipelines that end in appsinks, whose errors and warnings become Python's; and the one through naclipsegment."""

import time
import warnings

from ._errors import NaclipError
from ._gstreamer import GLib, Gst
from ._properties import set_properties

_PATIENCE = Gst.SECOND // 10  # so often Ctrl-C and errors are looked for
_POLL = 0.002  # seconds
_FIXED = {"mode": "every picture waits for its own mask", "on-error": "errors are raised"}


def _missing_plugin(error):
    return (error.matches(Gst.CoreError.quark(), Gst.CoreError.MISSING_PLUGIN)
            or error.matches(Gst.StreamError.quark(), Gst.StreamError.CODEC_NOT_FOUND))


def nothing_linked(message):
    """Whether a warning says that a decoder knows all streams of a file, and that none is video. Nothing follows."""
    warning, _ = message.parse_warning()
    return warning.matches(Gst.ParseError.quark(), Gst.ParseError.DELAYED_LINK)


def parsed(message):
    """What a warning or an error says: GLib.Error and GStreamer's text for developers."""
    return message.parse_warning() if message.type == Gst.MessageType.WARNING else message.parse_error()


class Player:
    """`launch` is a pipeline as gst-launch-1.0 takes it. `what_is_missing` says, where an element is not found, what to
    do. Raises NaclipError."""

    def __init__(self, launch, what_is_missing):
        try:
            self._pipeline = Gst.parse_launch(launch)
        except GLib.Error as error:
            raise NaclipError(f"{error.message}. {what_is_missing}") from error
        self._bus = self._pipeline.get_bus()
        self._error = None

    def element(self, name):
        return self._pipeline.get_by_name(name)

    def play(self):
        self._error = None
        self._bus.set_flushing(True)  # what was said before; a property that was refused fails the start
        self._bus.set_flushing(False)
        if self._pipeline.set_state(Gst.State.PLAYING) == Gst.StateChangeReturn.FAILURE:
            self._read_bus()
            raise self._error or NaclipError("GStreamer's pipeline does not start")

    def seek(self, time, flags):
        """Goes to a time of the stream once it can; False where it cannot. Raises NaclipError."""
        if not self._pipeline.seek_simple(Gst.Format.TIME, flags, time):
            self._read_bus()
            return False
        return True

    def stop(self, _null=Gst.State.NULL):  # the module may be gone when the interpreter ends
        self._pipeline.set_state(_null)

    def pull_from(self, sink):
        """The next Gst.Sample of an appsink, or None after the last one. Raises NaclipError."""
        while True:
            sample = sink.emit("try-pull-sample", _PATIENCE)
            has_ended = sample is None and sink.get_property("eos")
            self._read_bus()
            if sample is not None:
                return sample
            if self._error is not None:
                raise self._error
            if has_ended:
                return None

    def check(self):
        """Raises the error that there was, NaclipError."""
        self._read_bus()
        if self._error is not None:
            raise self._error

    def push_into(self, source, buffer):
        """Gives an appsrc a buffer, and waits while it is full. Raises NaclipError. An
        appsrc that blocks by itself would wait for ever behind an element that has failed."""
        while source.get_property("current-level-buffers") >= source.get_property("max-buffers"):
            self.check()
            time.sleep(_POLL)
        if source.emit("push-buffer", buffer) != Gst.FlowReturn.OK:
            self.check()
            raise NaclipError(f"{self.what_fails()} takes no data")

    def wait_for_end(self):
        """Waits until all sinks have all, which is written then. Raises NaclipError."""
        types = Gst.MessageType.EOS | Gst.MessageType.ERROR | Gst.MessageType.WARNING
        while True:
            message = self._bus.timed_pop_filtered(_PATIENCE, types)
            if message is not None and message.type == Gst.MessageType.EOS:
                return
            if message is not None:
                self._take(message)
            if self._error is not None:
                raise self._error

    def _read_bus(self):
        """Warns of warnings, and keeps the first error for when the frames before it are taken."""
        while message := self._bus.pop_filtered(Gst.MessageType.ERROR | Gst.MessageType.WARNING):
            self._take(message)

    def _take(self, message):
        if message.type == Gst.MessageType.WARNING and not nothing_linked(message):
            self._warn(message)
        elif self._error is None:
            self._error = self.as_error(message)

    def _warn(self, message):
        warning, _ = message.parse_warning()
        warnings.warn(f"{message.src.get_name()}: {warning.message}", RuntimeWarning, stacklevel=6)

    def as_error(self, message):
        """What an error, or a warning that nothing can follow, says to a caller: a NaclipError."""
        error, debug = parsed(message)
        text = f"{self.what_fails()}: {error.message}"
        if _missing_plugin(error):
            text += " Its packages are gstreamer1.0-plugins-base, -good, -bad, -ugly and gstreamer1.0-libav."
        return NaclipError(text, debug)

    def what_fails(self):
        """What the errors of GStreamer's elements are about."""
        return "GStreamer"


class Pipeline(Player):
    """`launch` is all before naclipsegment, as gst-launch-1.0 takes it; `properties` are naclipsegment's, without
    those in `fixed`, which says why. Raises NaclipError."""

    def __init__(self, launch, properties, fixed):
        super().__init__(f"{launch} ! video/x-raw,format=RGB ! naclipsegment name=segment mode=sync "
                         "! appsink name=sink sync=false max-buffers=4",
                         "GST_PLUGIN_PATH has to name the folder of libgstnaclip.so, as it does in `meson devenv -C "
                         "build`; GStreamer's own elements are in gstreamer1.0-plugins-base and "
                         "gstreamer1.0-plugins-good")
        self.segment = self.element("segment")
        self._sink = self.element("sink")
        set_properties(self.segment, properties, {**_FIXED, **fixed})

    def pull(self):
        """The next Gst.Sample, or None after the last one. Raises NaclipError."""
        return self.pull_from(self._sink)

    def set_vocabulary(self, vocabulary):
        """Another vocabulary while it plays, in use after wait_for_words(). Raises NaclipError; the old one stays
        in use then."""
        self._read_bus()
        self.segment.set_property("vocabulary", vocabulary)
        if self.segment.get_property("vocabulary") != vocabulary:
            message = self._bus.pop_filtered(Gst.MessageType.WARNING)
            raise self.as_error(message) if message is not None else NaclipError("the vocabulary was refused")

    def wait_for_words(self):
        """Waits until the vocabulary set last is encoded. Raises NaclipError."""
        types = Gst.MessageType.PROGRESS | Gst.MessageType.WARNING | Gst.MessageType.ERROR
        has_failed = False
        while True:
            message = self._bus.timed_pop_filtered(_PATIENCE, types)
            if message is None:
                continue
            if message.type == Gst.MessageType.PROGRESS:
                kind, code, _ = message.parse_progress()
                if code == "encode" and kind == Gst.ProgressType.COMPLETE:
                    return
                has_failed = has_failed or kind == Gst.ProgressType.ERROR
            elif message.type == Gst.MessageType.ERROR or has_failed:
                raise self.as_error(message)
            else:
                self._warn(message)

    def as_error(self, message):
        if message.src == self.segment:
            error, debug = parsed(message)
            return NaclipError(f"naclipsegment: {error.message}", debug)
        return super().as_error(message)
