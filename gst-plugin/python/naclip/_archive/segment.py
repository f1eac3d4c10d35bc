"""One task: a chunk of a video is decoded, segmented and written."""

import os
import threading
import time

from .._errors import NaclipError
from .._gstreamer import Gst
from .._pipeline import Player, parsed
from .._program import minutes
from .._properties import set_properties
from .tasks import MASKS, VIDEO, BadInput, BadSettings, TryAgain, fingerprint

# PyGObject makes the class of an enumeration or an element at its first use, and two threads must not do so at once.
# Elements are made under the lock.
_ENUMERATIONS = (Gst.BufferCopyFlags.FLAGS, Gst.CoreError.FAILED, Gst.FlowReturn.OK, Gst.Format.TIME,
                 Gst.LibraryError.FAILED, Gst.MessageType.ERROR, Gst.PadProbeReturn.OK, Gst.PadProbeType.BUFFER,
                 Gst.ParseError.SYNTAX, Gst.ResourceError.FAILED, Gst.SeekFlags.FLUSH, Gst.State.NULL,
                 Gst.StateChangeReturn.FAILURE, Gst.StreamError.FAILED)
_MAKING = threading.Lock()

_SEEK_EARLIER = 0, 10 * Gst.SECOND, 60 * Gst.SECOND  # where a container's seeks come out too late
_LONGER_SOUND = 2 * Gst.SECOND  # a file's duration may be that of its sound
_QUEUE = "queue max-size-buffers=8 max-size-bytes=0 max-size-time=0"
_LAUNCH = ("appsrc name=frames format=time max-buffers=4 max-bytes=0 ! naclipsegment name=segment mode=sync "
           "! identity name=segmented drop-allocation=true ! tee name=tee ")
_MESSAGES = f"tee. ! {_QUEUE} ! naclipjson name=json content=shares+boxes when=every ! filesink name=messages "
_PICTURE = (f"tee. ! {_QUEUE} ! naclipoverlay legend=top-left ! videoconvert ! vp8enc deadline=1 cpu-used=8 threads=1 "
            "bits-per-pixel=0.3 keyframe-max-dist=60 ! recording. ")
# The filter has what GStreamer 1.22's matroskamux asks for by mistake. Slices are set since their default follows the
# machine, and the chunks of one video have to be alike.
_MASKS = (f"tee. ! {_QUEUE} ! naclipmask output=labels ! video/x-raw,format={{layout}} ! avenc_ffv1 gop-size=1 slices=4 "
          "threads=1 ! video/x-ffv,ffversion=1 ! recording. ")
_RECORDING = "matroskamux name=recording ! filesink name=file "
_GREY8_CLASSES = 255
_NOT_INSTALLED = "the elements are in gstreamer1.0-plugins-base, -good and -libav, and in gst-naclip"


class Stopped(Exception):
    """Somebody asked for the end."""


class _Decoder(Player):
    """A video's decoded frames, upright and of one size, from some time on."""

    def __init__(self, task):
        super().__init__("filesrc name=file ! decodebin name=decode ! videoconvert name=convert "
                         "! videoscale add-borders=true ! capsfilter name=size ! videoflip video-direction=auto "
                         "! videoconvert ! appsink name=frames sync=false max-buffers=4", _NOT_INSTALLED)
        self._path = task.input
        self.element("file").set_property("location", self._path)
        if task.video and task.video["size"]:
            width, height = task.video["size"]
            self.element("size").set_property("caps", Gst.Caps.from_string(
                f"video/x-raw,width={width},height={height}"))
        self._sink = self.element("frames")

    def _next(self):
        sample = self.pull_from(self._sink)
        if sample is None:
            return None
        pts = sample.get_buffer().pts
        if pts == Gst.CLOCK_TIME_NONE:
            raise NaclipError(f"{self._path} has a frame without a time")
        return sample, sample.get_segment().to_stream_time(Gst.Format.TIME, pts)

    def frames_from(self, begin):
        """(Gst.Sample, its time) of each frame that is not earlier than `begin`; all where that is None."""
        self.play()
        found = self._next() if begin is None else self._first_near(begin)
        while found is not None:
            if begin is None or found[1] >= begin:
                yield found
            found = self._next()

    def _first_near(self, begin):
        """The frame from which on to read: by a seek, or the file's first where seeks do not get there. Nothing holds a
        sample meanwhile: appsink writes into its last one."""
        found = self._next()
        if found is None or found[1] >= begin:
            return found
        first, found = found[1], None
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT | Gst.SeekFlags.SNAP_BEFORE
        for earlier in _SEEK_EARLIER:
            if begin - earlier <= first or not self.seek(begin - earlier, flags):
                break
            found = self._next()
            if found is not None and found[1] <= begin:
                return found
            found = None
        self.stop()
        self.play()
        return self._next()

    def what_fails(self):
        is_video = self.element("convert").get_static_pad("sink").is_linked()
        return self._path if is_video else f"there is no video in {self._path} that can be decoded"


class _Writer(Player):
    """What is done with frames: naclipsegment, and the outputs of a task. Frames before the task's first only warm
    naclipsegment up."""

    def __init__(self, task):
        outputs = task.settings["outputs"]
        launch = _LAUNCH + _MESSAGES
        if VIDEO in outputs:
            launch += _PICTURE
        if MASKS in outputs:
            classes = task.settings["vocabulary"].count(";") + task.settings["vocabulary"].count("\n") + 1
            launch += _MASKS.format(layout="GRAY8" if classes <= _GREY8_CLASSES else "GRAY16_LE")
        if {VIDEO, MASKS} & set(outputs):
            launch += _RECORDING
        super().__init__(launch, _NOT_INSTALLED)
        self.parts = {path: path.with_name(path.name + ".part") for path in task.files()}
        if task.recording in self.parts:
            self.element("file").set_property("location", str(self.parts[task.recording]))
        self.element("messages").set_property("location", str(self.parts[task.messages]))
        self.element("json").set_property("source", task.name)
        self.segment = self.element("segment")
        set_up(self.segment, task.settings)
        self._frames = self.element("frames")
        self._caps = None
        self._begin = task.begin
        self.count, self.first, self.last = 0, None, None
        self.element("segmented").get_static_pad("sink").add_probe(Gst.PadProbeType.BUFFER, self._pass)

    def _pass(self, _, info):
        pts = info.get_buffer().pts
        if self._begin is not None and pts < self._begin:
            return Gst.PadProbeReturn.DROP
        self.count += 1
        self.first = pts if self.first is None else self.first
        self.last = pts
        return Gst.PadProbeReturn.OK

    def push(self, sample, at):
        """Raises NaclipError where frames are no longer taken."""
        caps = sample.get_caps()
        if self._caps is None or not caps.is_equal(self._caps):
            self._caps = caps
            self._frames.set_property("caps", caps)
        buffer = sample.get_buffer()
        if buffer.pts != at:
            buffer = buffer.copy_region(Gst.BufferCopyFlags.FLAGS | Gst.BufferCopyFlags.TIMESTAMPS
                                        | Gst.BufferCopyFlags.META | Gst.BufferCopyFlags.MEMORY, 0, buffer.get_size())
            buffer.pts = at
        self.push_into(self._frames, buffer)

    def finish(self):
        self._frames.emit("end-of-stream")
        self.wait_for_end()

    def as_error(self, message):
        """Bad settings, or what may go well another time."""
        error, debug = parsed(message)
        is_setting = message.src == self.segment and (
            error.matches(Gst.LibraryError.quark(), Gst.LibraryError.SETTINGS)
            or error.matches(Gst.ResourceError.quark(), Gst.ResourceError.NOT_FOUND)
            or error.matches(Gst.ResourceError.quark(), Gst.ResourceError.SETTINGS))
        kind = BadSettings if is_setting else TryAgain
        return kind(f"{message.src.get_name()}: {error.message}", debug)


def set_up(segment, settings):
    """Gives a naclipsegment the settings of tasks. Raises NaclipError."""
    try:
        set_properties(segment, {**settings["properties"], "model": settings["model"],
                                 "vocabulary": settings["vocabulary"]}, {})
    except NaclipError as error:
        raise BadSettings(str(error)) from error


def _check_input(task):
    try:
        found = fingerprint(task.input)
    except FileNotFoundError:
        raise TryAgain(f"there is no file {task.input}") from None
    except OSError as error:
        raise TryAgain(f"{task.input}: {error.strerror}") from error
    if found != task.fingerprint:
        raise BadInput(f"{task.input} is not the file that was planned: plan again")


def check_model(settings):
    """Raises BadSettings where the model is not the planned one."""
    if settings["model_fingerprint"] is None:
        return
    try:
        found = fingerprint(settings["model"])
    except OSError as error:
        raise BadSettings(f"{settings['model']}: {error.strerror}") from error
    if found != settings["model_fingerprint"]:
        raise BadSettings(f"{settings['model']} is not the model that was planned: plan again, into another folder")


def _feed(task, decoder, writer, is_stopped):
    """Gives the writer the task's frames. Returns what is wrong with the video, an error, or None."""
    reached = 0
    try:
        for sample, at in decoder.frames_from(task.segment_from):
            if is_stopped():
                raise Stopped
            if task.end is not None and at >= task.end:
                return None
            writer.push(sample, at)
            duration = sample.get_buffer().duration
            reached = at + (duration if duration != Gst.CLOCK_TIME_NONE else 0)
    except NaclipError as error:
        if isinstance(error, (TryAgain, BadSettings)):
            raise
        return BadInput(str(error), error.debug)
    end = task.end if task.end is not None else ((task.video or {}).get("duration") or 0) - _LONGER_SOUND
    if reached < end:
        return BadInput(f"{task.input} is cut off: its video ends at {minutes(reached)}")
    return None


def _remove(parts):
    for part in parts.values():
        part.unlink(missing_ok=True)


def run_task(task, is_stopped=lambda: False):
    """Does a task whose lock is held, and returns its manifest. What can be decoded of a damaged video is written.

    Raises TryAgain, BadSettings, or Stopped; nothing is left of it then. A damaged video is no exception here: its
    manifest says so.
    """
    begun = time.time()
    try:
        _check_input(task)
    except BadInput as error:
        task.write_manifest("failed", error=str(error))
        return task.manifest()
    with _MAKING:
        writer, decoder = _Writer(task), _Decoder(task)
    try:
        writer.play()
        problem = _feed(task, decoder, writer, is_stopped)
        decoder.stop()
        writer.finish()
        stats = writer.segment.get_property("stats")
    except BaseException:
        decoder.stop()
        writer.stop()
        _remove(writer.parts)
        raise
    writer.stop()
    if writer.count == 0:
        _remove(writer.parts)
        problem = problem or BadInput(f"{task.input} has no frame in this chunk")
        task.write_manifest("failed", error=str(problem))
        return task.manifest()
    for path, part in writer.parts.items():
        os.replace(part, path)
    about = {"error": str(problem)} if problem else {}
    task.write_manifest("incomplete" if problem else "done", **about, frames=writer.count, first=writer.first,
                        last=writer.last, inferred=stats.get_value("inferred"),
                        inference=stats.get_value("inferred") * stats.get_value("latency-mean") / 1e9,
                        begun=begun, ended=time.time(), host=os.uname().nodename,
                        outputs={path.name: path.stat().st_size for path in task.files()})
    return task.manifest()


class KeptModel:
    """Keeps a model, which is freed with its last user, while tasks come and go."""

    def __init__(self, settings):
        with _MAKING:
            self._segment = Gst.ElementFactory.make("naclipsegment")
            set_up(self._segment, settings)
        self._segment.set_state(Gst.State.PAUSED)

    def free(self):
        self._segment.set_state(Gst.State.NULL)
