"""What is to do: videos, cut into chunks at keyframes."""

import json
import math
import os
import pathlib

from .._errors import NaclipError
from .._gstreamer import Gst
from .._pipeline import Player
from .._properties import set_properties
from .tasks import SCHEMA, fingerprint, hash_of, write_whole

SUFFIXES = frozenset(".3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .mxf .ogv .ts .vob .webm .wmv".split())
_FORGOTTEN = 1e-6  # a smoothed score's weight of this is below what float32 resolves
_MOST_INFERENCES = 2000  # of a warm-up, where the past has a weight near 1
_PRESENCE_TIMES = 10  # so many times presence-time decide nearly always what is present
_ASSUMED_RATE = 25  # where the file does not say
_USUAL_RATES = [*((whole, 1) for whole in (5, 10, 12, 15, 20, 24, 25, 30, 48, 50, 60, 100, 120)),
                (25, 2), (24000, 1001), (30000, 1001), (60000, 1001)]
_TIMES = 128  # frames that a rate is read from where the file says none; a second or more
_LEAST_TIMES = 48
_REORDERED = 16  # so many of the latest may have neighbours that come later in the file
_RATE_TOLERANCE = 0.0004  # tells 30 from 30000/1001
_FIXED = {"model": "--model names it", "vocabulary": "--vocabulary-file holds it",
          "vocabulary-file": "--vocabulary-file names it", "mode": "every frame waits for its own mask",
          "on-error": "a task that fails says so", "post-messages": "the messages are an output"}


def _videos_in(folder, output):
    """(name, path) of the videos in a folder, without what is hidden and what naclip-archive wrote."""
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if (path.suffix.lower() in SUFFIXES and path.is_file() and not any(part.startswith(".") for part in name.parts)
                and output not in path.resolve().parents):
            yield str(name), path


def find_videos(places, output):
    """The videos in folders, by their suffixes, and files as they are: (name, path), each name another one. Those in the
    folder `output` are left out. Raises NaclipError."""
    found = {}
    for place in map(pathlib.Path, places):
        if place.is_file():
            files = [(place.name, place)]
        elif place.is_dir():
            files = list(_videos_in(place, pathlib.Path(output).resolve()))
            if not files:
                raise NaclipError(f"there is no video in {place}: it is searched for files that end in "
                                  f"{', '.join(sorted(SUFFIXES))}")
        else:
            raise NaclipError(f"there is no file or folder {place}")
        for name, path in files:
            path = path.resolve()
            if any("\ud800" <= character <= "\udfff" for character in str(path)):  # what Python makes of such bytes
                raise NaclipError(f"the name {str(path)!a} is not UTF-8: rename it")
            if found.setdefault(name, path) != path:
                raise NaclipError(f"{found[name]} and {path} would both be called {name} in the output: plan them into "
                                  "two folders")
    return sorted(found.items())


class _Packets(Player):
    """A video's encoded frames, without a decoder."""

    def __init__(self, path):
        # What is not video, decodebin would decode; parsebin's other streams go nowhere.
        super().__init__("filesrc name=file ! parsebin name=parse  appsink name=packets sync=false max-buffers=4",
                         "parsebin is in gstreamer1.0-plugins-base")
        self._path = path
        self.element("file").set_property("location", str(path))
        self._sink = self.element("packets")
        self.element("parse").connect("pad-added", self._link)

    def _link(self, parse, pad):
        caps = pad.get_current_caps() or pad.query_caps(None)
        sink = self._sink.get_static_pad("sink")
        if caps.get_structure(0).get_name().startswith(("video/", "image/")) and not sink.is_linked():
            pad.link(sink)
            return
        nowhere = Gst.ElementFactory.make("fakesink")
        nowhere.set_property("async", False)
        nowhere.set_property("sync", False)
        parse.get_parent().add(nowhere)
        nowhere.sync_state_with_parent()
        pad.link(nowhere.get_static_pad("sink"))

    def describe(self):
        """What the file says of the video. To be called before all else. Raises NaclipError."""
        first = self._next()
        if first is None:
            raise NaclipError(f"{self._path} holds no video")
        structure = first[0].get_caps().get_structure(0)
        known, duration = self._sink.query_duration(Gst.Format.TIME)
        times = [first[1] or 0]
        rate = _rate_of(structure)
        while rate is None and len(times) < _TIMES and (found := self._next()) is not None:
            times.append(found[1] or 0)
        return {"size": _size_of(structure), "rate": rate or usual_rate(times), "first": min(times),
                "duration": duration if known and duration > 0 else None}

    def _next(self):
        """The next Gst.Sample with its time, or None after the last one. Nothing may hold a sample while it seeks:
        appsink writes into its last one. Raises NaclipError."""
        sample = self.pull_from(self._sink)
        if sample is None:
            return None
        pts = sample.get_buffer().pts
        return sample, sample.get_segment().to_stream_time(Gst.Format.TIME, pts) if pts != Gst.CLOCK_TIME_NONE else None

    def keyframe_from(self, time):
        """The time of the first keyframe at `time` or later, None where there is none."""
        flags = Gst.SeekFlags.FLUSH | Gst.SeekFlags.KEY_UNIT | Gst.SeekFlags.SNAP_BEFORE
        if not self.seek(time, flags):
            return None
        while (found := self._next()) is not None:
            sample, at = found
            if at is not None and at >= time and not sample.get_buffer().has_flags(Gst.BufferFlags.DELTA_UNIT):
                return at
        return None

    def what_fails(self):
        return str(self._path)


def _rate_of(structure):
    known, numerator, denominator = structure.get_fraction("framerate")
    return [numerator, denominator] if known and numerator > 0 else None


def usual_rate(times):
    """The frame rate in use that frames at these times have, in nanoseconds and any order; None where they are not
    equally far apart, but for a millisecond."""
    times = sorted(times)[:-_REORDERED]
    if len(times) < _LEAST_TIMES:
        return None
    step = (times[-1] - times[0]) / (len(times) - 1)
    for numerator, denominator in _USUAL_RATES:
        wanted = Gst.SECOND * denominator / numerator
        if abs(step / wanted - 1) < _RATE_TOLERANCE and all(
                abs(time - times[0] - number * wanted) <= Gst.MSECOND for number, time in enumerate(times)):
            return [numerator, denominator]
    return None


def _size_of(structure):
    sizes = [structure.get_int(name) for name in ("width", "height")]
    return [size for _, size in sizes] if all(known and size > 0 for known, size in sizes) else None


def look_into(path, chunk):
    """What a video is, and the keyframes at which its chunks after the first begin. Raises NaclipError."""
    packets = _Packets(path)
    try:
        packets.play()
        video = packets.describe()
        begin, cuts = video["first"], []
        wanted = begin + chunk
        while chunk > 0 and video["duration"] is not None and wanted + chunk // 2 < begin + video["duration"]:
            cut = packets.keyframe_from(wanted)
            if cut is None:
                break
            cuts.append(cut)
            wanted = cut + chunk
        return video, cuts
    finally:
        packets.stop()


def _number(properties, name, default):
    return float(properties.get(name, default))


def warm_up(properties):
    """How many inferences before a chunk's first frame it takes until smoothing no longer knows where it began, and how
    many seconds for presence."""
    smoothing = _number(properties, "smoothing", 0)
    inferences = 0
    if smoothing > 0:
        inferences = min(math.ceil(math.log(_FORGOTTEN) / math.log(smoothing)), _MOST_INFERENCES) if smoothing < 1 else \
            _MOST_INFERENCES
    seconds = 0
    if str(properties.get("presence", "false")).lower() in ("true", "yes", "1"):
        seconds = _PRESENCE_TIMES * _number(properties, "presence-time", 200) / 1000
    return inferences, seconds


def first_frame_to_segment(video, properties, begin, overlap):
    """The time at which a chunk that begins at `begin` starts to be segmented, `overlap` seconds earlier or, where that
    is None, as warm_up() says. It is a frame that is inferred in an unbroken run, too: one of every `interval`, counted
    from the video's first. Where the file does not say a constant frame rate, only the time is kept to."""
    numerator, denominator = video["rate"] or (_ASSUMED_RATE, 1)
    frame = Gst.SECOND * denominator / numerator
    interval = int(_number(properties, "interval", 1))
    inferences, seconds = warm_up(properties)
    frames = inferences * interval + math.ceil(seconds * Gst.SECOND / frame)
    if overlap is not None:
        frames = math.ceil(overlap * Gst.SECOND / frame)
    number = max(round((begin - video["first"]) / frame) - frames, 0) // interval * interval
    return max(round(video["first"] + (number - 0.5) * frame), 0)


def check_settings(model, vocabulary, properties):
    """Has naclipsegment say what is wrong with them: it checks all of them before it loads the model. Raises
    NaclipError."""
    if not model:
        raise NaclipError("--model names no model")
    player = Player("naclipsegment name=segment ! fakesink", "GST_PLUGIN_PATH has to name the folder of libgstnaclip.so, as it does "
                    "in `meson devenv -C build`")
    segment = player.element("segment")
    set_properties(segment, properties, _FIXED)
    set_properties(segment, {"model": model, "vocabulary": vocabulary}, {})
    try:
        player.play()
    finally:
        player.stop()


def settings_of(model, vocabulary, properties, outputs, overlap):
    """What all tasks have in common. A model that is no path is a name that naclip-model knows."""
    is_path = os.path.exists(model)
    return {"model": os.path.abspath(model) if is_path else model,
            "model_fingerprint": fingerprint(model) if is_path else None, "vocabulary": vocabulary,
            "properties": properties, "outputs": sorted(outputs), "overlap": overlap}


def _tasks_of(name, path, settings, chunk, warn):
    """The lines of one video, without their index. One that cannot be read is one task, which fails when its turn
    comes, unless the video can be read by then."""
    common = {"schema": SCHEMA, "name": name, "input": str(path), "fingerprint": fingerprint(path),
              "settings": settings}
    try:
        video, cuts = look_into(path, chunk)
    except NaclipError as error:
        warn(f"{error}; it stays in the plan as one task")
        return [{**common, "chunk": 0, "chunks": 1, "begin": None, "end": None, "segment_from": None, "video": None}]
    bounds = [None, *cuts, None]
    return [{**common, "chunk": number, "chunks": len(cuts) + 1, "begin": begin, "end": end, "video": video,
             "segment_from": None if begin is None else
             first_frame_to_segment(video, settings["properties"], begin, settings["overlap"])}
            for number, (begin, end) in enumerate(zip(bounds, bounds[1:]))]


def _check_folder(path, settings):
    """A folder has the outputs of one choice of settings. Raises NaclipError."""
    if not path.exists():
        return
    with open(path) as file:
        line = file.readline()
    if line and hash_of(json.loads(line)["settings"]) != hash_of(settings):
        raise NaclipError(f"{path.parent} was planned with another model, vocabulary or other options: take another "
                          "--output, or repeat those to add videos")


def write_plan(places, output, chunk, settings, warn):
    """Writes OUTPUT/tasks.jsonl, and returns the lines. `chunk` is in nanoseconds, 0 for one task a video; `warn` is
    given what could not be read. Raises NaclipError."""
    path = pathlib.Path(output) / "tasks.jsonl"
    _check_folder(path, settings)
    lines = []
    for name, video in find_videos(places, output):
        for line in _tasks_of(name, video, settings, chunk, warn):
            lines.append({**line, "index": len(lines)})
    write_whole(path, "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines).encode())
    return lines
