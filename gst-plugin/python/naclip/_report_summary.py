"""What naclip-report tells of a recording, gathered frame by frame."""

import array
import typing

from ._export_items import Classes
from ._gstreamer import numpy
from ._report_pictures import APPEARS, Changes


class Event(typing.NamedTuple):
    """An event of a rule, its times in nanoseconds: `end` is None where it goes on at the end of the recording."""

    rule: str
    label: str
    zone: str
    severity: str
    begin: int
    end: typing.Optional[int]
    peak: float


class ClassSummary(typing.NamedTuple):
    """A class: its shares' mean and maximum, how long and when first it was seen, in nanoseconds; `first` may be
    None."""

    label: str
    colour: int
    mean: float
    most: float
    seen: int
    first: typing.Optional[int]


class Summary:
    """Takes frames one after the other. It keeps 4 bytes a frame and class, and at most a few dozen pictures."""

    def __init__(self, pictures):
        self.classes = Classes([])
        self.changes = Changes(pictures)
        self.vocabularies = []  # when, and which labels without the background
        self.times = array.array("q")
        self.first_frame = None
        self.begin = None  # of the recording, which may be before the first frame with a mask
        self.source = self.begin_time = self.end_time = None
        self._shares = []  # by id
        self._events = {}

    def add(self, frame, begin):
        """Takes a frame of a recording that begins at `begin`."""
        if self.first_frame is None:
            self.first_frame, self.begin = frame, begin
        self._read(frame)
        ids = self._ids_of(frame)
        shares = numpy.zeros(len(self.classes.labels))
        for number, region in zip(ids, frame.regions_in_order):
            shares[number] += region.share
        while len(self._shares) < len(shares):
            self._shares.append(array.array("f", bytes(4 * len(self.times))))
        for values, share in zip(self._shares, shares):
            values.append(share)
        self.times.append(frame.pts)
        self.changes.look(frame, shares, self.classes.labels)

    def _ids_of(self, frame):
        labels = frame.vocabulary[1:]
        if not self.vocabularies or self.vocabularies[-1][1] != labels:
            self.vocabularies.append((frame.pts, labels))
        return self.classes.ids_of(frame.regions_in_order).tolist()

    def _read(self, frame):
        if frame.time:
            self.begin_time = self.begin_time or frame.time
            self.end_time = frame.time
        for message in frame.messages:
            self.source = self.source or message.get("source")
            if message["type"] == "event":
                self._read_event(message, frame.pts)

    def _read_event(self, message, pts):
        key = message["id"]
        begin = self._events[key].begin if key in self._events else max(0, pts - message["duration"])
        end = pts if message["state"] == "end" else None
        self._events[key] = Event(message["rule"], message["class"], message["zone"], message.get("severity", ""),
                                  begin, end, message["peak"])

    @property
    def duration(self):
        """From the beginning to the end of the last frame, in nanoseconds."""
        if len(self.times) < 2:
            return 0
        return self.times[-1] - self.begin + (self.times[-1] - self.times[0]) // (len(self.times) - 1)

    def events(self):
        """In the order of their beginning."""
        return sorted(self._events.values(), key=lambda event: event.begin)

    def summaries(self):
        """The classes without the background, those with the largest shares first."""
        times = numpy.frombuffer(self.times, numpy.int64)
        lengths = numpy.diff(times, append=self.begin + self.duration)
        found = []
        for number in range(1, len(self.classes.labels)):
            shares = numpy.frombuffer(self._shares[number], numpy.float32)
            seen = shares >= APPEARS
            first = int(times[seen.argmax()] - self.begin) if seen.any() else None
            found.append(ClassSummary(self.classes.labels[number], self.classes.colours[number], float(shares.mean()),
                                      float(shares.max()), int(lengths[seen].sum()), first))
        return sorted(found, key=lambda one: -one.mean)

    def curves(self, columns):
        """The mean shares in at most so many stretches of equal time: when each stretch begins and ends, [columns + 1]
        nanoseconds, and the shares by label without the background, [columns] each. A stretch without a frame has the
        shares before it, or 0."""
        times = numpy.frombuffer(self.times, numpy.int64) - self.begin
        columns = max(1, min(columns, len(times)))
        edges = numpy.linspace(0, max(self.duration, 1), columns + 1)
        places = numpy.searchsorted(times, edges)
        places[-1] = len(times)
        found = {}
        for number in range(1, len(self.classes.labels)):
            shares = numpy.frombuffer(self._shares[number], numpy.float32)
            sums = numpy.concatenate([[0], numpy.cumsum(shares, dtype=float)])
            begins, ends = places[:-1], places[1:]
            means = (sums[ends] - sums[begins]) / numpy.maximum(ends - begins, 1)
            before = numpy.where(begins > 0, shares[numpy.maximum(begins - 1, 0)], 0)
            found[self.classes.labels[number]] = numpy.where(ends > begins, means, before)
        return edges, found
