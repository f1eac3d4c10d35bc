"""The chunks of each video joined to one recording and one file of messages."""

import itertools
import json
import os
import pathlib
import typing

from .._errors import NaclipError
from .._gstreamer import Gst
from .._pipeline import Player
from .._program import minutes
from .tasks import JSON, MASKS, VIDEO, hash_of, write_whole

_SAME_TIME = Gst.MSECOND  # Matroska's times are whole milliseconds
_MOST_WAITING = 256  # frames of one track on their way into the joined file: more than one has before another goes on


class Joined(typing.NamedTuple):
    """What became of one video: the files, what is missing, in words, and whether it was joined before."""

    name: str
    files: list
    gaps: list
    is_known: bool


class _Chunk(Player):
    """The encoded frames of a chunk, of all its tracks in the order of their times."""

    def __init__(self, path, tracks):
        launch = "filesrc name=file ! matroskademux name=demux multiqueue name=queue max-size-buffers=0 max-size-time=0 "
        for number, track in enumerate(tracks):
            launch += (f"demux.video_{number} ! queue.sink_{number} queue.src_{number} "
                       f"! appsink name={track} sync=false max-buffers=16 ")
        super().__init__(launch, "matroskademux is in gstreamer1.0-plugins-good")
        self._path = path
        self._tracks = tracks
        self.element("file").set_property("location", str(path))

    def packets(self):
        """(track, caps, buffer) of all tracks."""
        self.play()
        try:
            waiting = {track: self.pull_from(self.element(track)) for track in self._tracks}
            while any(waiting.values()):
                track = min((track for track in waiting if waiting[track] is not None),
                            key=lambda track: waiting[track].get_buffer().pts)
                sample = waiting[track]
                yield track, sample.get_caps(), sample.get_buffer()
                waiting[track] = self.pull_from(self.element(track))
        finally:
            self.stop()

    def what_fails(self):
        return str(self._path)


class _Recording(Player):
    """The joined Matroska file."""

    def __init__(self, path, tracks):
        titles = {VIDEO: "picture", MASKS: "\\\"naclip masks\\\"", JSON: "naclip/1"}
        launch = "matroskamux name=recording ! filesink name=file "
        for number, track in enumerate(tracks):
            pad = "subtitle_0" if track == JSON else f"video_{number}"
            launch += (f"appsrc name={track} format=time max-buffers={_MOST_WAITING} max-bytes=0 "
                       f"! taginject tags=\"title={titles[track]}\" ! recording.{pad} ")
        super().__init__(launch, "matroskamux is in gstreamer1.0-plugins-good")
        self._path = path
        self.element("file").set_property("location", str(path))
        self._tracks = {track: self.element(track) for track in tracks}
        self._caps = {}
        if JSON in self._tracks:
            self._set_caps(JSON, Gst.Caps.from_string("text/x-raw,format=utf8"))

    def _set_caps(self, track, caps):
        self._caps[track] = caps
        self._tracks[track].set_property("caps", caps)

    def push(self, track, caps, buffer):
        """Raises NaclipError."""
        caps = _accepted(caps)
        if track not in self._caps:
            self._set_caps(track, caps)
        elif not caps.is_equal(self._caps[track]):
            raise NaclipError(f"the chunks of {self._path} cannot be joined: one has {caps.to_string()}, those before "
                              f"it {self._caps[track].to_string()}. Were they made by different versions?")
        self.push_buffer(track, buffer)

    def push_buffer(self, track, buffer):
        self.push_into(self._tracks[track], buffer)

    def finish(self):
        for source in self._tracks.values():
            source.emit("end-of-stream")
        self.wait_for_end()

    def what_fails(self):
        return str(self._path)


def _accepted(caps):
    """Caps as matroskamux takes them: GStreamer 1.22's asks for a field of FFV1 that its demuxer does not give."""
    structure = caps.get_structure(0)
    if structure.get_name() != "video/x-ffv" or structure.has_field("ffversion"):
        return caps
    return Gst.Caps.from_string(caps.to_string() + ",ffversion=1")


class _Messages:
    """The lines of chunks after each other, as one run would have written them: numbered on, and with a vocabulary where
    it is new."""

    def __init__(self):
        self._sequence = 0
        self._vocabulary = None

    def of(self, path):
        """(time, text) of each frame; the text has a line end behind each message."""
        with open(path, encoding="utf-8") as file:
            messages = filter(None, map(self._continued, map(json.loads, file)))
            for pts, group in itertools.groupby(messages, lambda message: message["pts"]):
                yield pts, "".join(json.dumps(message, ensure_ascii=False, separators=(",", ":")) + "\n"
                                   for message in group)

    def _continued(self, message):
        if message["type"] == "vocabulary":
            words = message["labels"], message["colours"]
            if words == self._vocabulary:
                return None
            self._vocabulary = words
        if "sequence" in message:
            message["sequence"] = self._sequence
            self._sequence += 1
        return message


def _text_buffer(pts, text, duration):
    buffer = Gst.Buffer.new_wrapped(text.encode())
    buffer.pts = pts
    buffer.duration = duration
    return buffer


def _merged(packets, texts):
    """Two iterators in the order of times; texts come first."""
    text = next(texts, None)
    for packet in packets:
        while text is not None and text[0] <= packet[2].pts + _SAME_TIME:
            yield JSON, *text
            text = next(texts, None)
        yield packet
    while text is not None:
        yield JSON, *text
        text = next(texts, None)


def _join_recording(tasks, path, tracks):
    recording = _Recording(path, [*tracks, JSON])
    messages = _Messages()
    try:
        recording.play()
        for task in tasks:
            chunk = _Chunk(task.recording, tracks)
            duration = _frame_duration(task)
            for track, *content in _merged(chunk.packets(), messages.of(task.messages)):
                if track == JSON:
                    recording.push_buffer(JSON, _text_buffer(*content, duration))
                else:
                    recording.push(track, *content)
        recording.finish()
    finally:
        recording.stop()


def _frame_duration(task):
    rate = task.video and task.video["rate"]
    return Gst.SECOND * rate[1] // rate[0] if rate else Gst.CLOCK_TIME_NONE


def _join_messages(tasks, path):
    messages = _Messages()
    with open(path, "w", encoding="utf-8") as file:
        for task in tasks:
            file.writelines(text for _, text in messages.of(task.messages))


def _gap(task, manifest):
    """What a task that is not done leaves out, in words; None where it is done."""
    if manifest is not None and manifest["state"] == "done":
        return None
    begin, end = task.begin or 0, task.end if task.end is not None else (task.video or {}).get("duration")
    if manifest is not None and manifest["state"] == "incomplete":
        begin = manifest["last"]
    reason = "not done yet" if manifest is None else manifest["error"]
    return f"{minutes(begin)} to {minutes(end) if end is not None else 'its end'} is missing: {reason}"


def _join(tasks, files, tracks):
    for path in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        try:
            if path.suffix == ".mkv":
                _join_recording(tasks, part, tracks)
            else:
                _join_messages(tasks, part)
            os.replace(part, path)
        finally:
            part.unlink(missing_ok=True)


def merge_video(tasks):
    """Joins the outputs of one video's tasks, which are in order. Returns a Joined. Raises NaclipError."""
    manifests = [task.manifest() for task in tasks]
    gaps = [gap for gap in map(_gap, tasks, manifests) if gap]
    there = [task for task, manifest in zip(tasks, manifests) if manifest and manifest["state"] != "failed"]
    task = tasks[0]
    outputs = task.settings["outputs"]
    stem = task.folder / task.name
    tracks = [track for track in (VIDEO, MASKS) if track in outputs]
    files = [stem.with_name(stem.name + suffix) for suffix, is_wanted in
             ((".mkv", bool(tracks)), (".jsonl", JSON in outputs)) if is_wanted]
    if not there:
        return Joined(task.name, [], gaps, False)
    mark = hash_of([[task.chunk, task.id, task.manifest()["ended"]] for task in there])
    note = pathlib.Path(there[0].manifest_path.parent) / "merged.json"
    try:
        is_known = json.loads(note.read_text()) == mark and all(path.exists() for path in files)
    except (OSError, ValueError):
        is_known = False
    if not is_known:
        _join(there, files, tracks)
        write_whole(note, json.dumps(mark).encode() + b"\n")
    return Joined(task.name, files, gaps, is_known)


def by_video(tasks):
    """(name, tasks in order) of each video."""
    return [(name, list(group)) for name, group in itertools.groupby(tasks, lambda task: task.name)]
