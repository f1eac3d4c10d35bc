"""Pictures of a recording where something changes."""

import io
import typing

from ._gstreamer import numpy
from ._program import pillow

APPEARS, DISAPPEARS = 0.005, 0.0025  # shares at which a class comes and goes, as naclippublish's when=change has them
_SHIFT = 0.15  # so large a part of the picture changes class
_STEADY = 400_000_000  # nanoseconds for which a change has to last
_APART = 1_000_000_000  # from one picture to the next
_WIDTH = 400


class Picture(typing.NamedTuple):
    """A frame at which something changed: `texts` say what, `jpeg` shows it."""

    pts: int
    texts: list
    weight: float
    jpeg: bytes


def painted(frame):
    """A frame as bytes of a small JPEG, its classes in their colours over the picture."""
    images = pillow()
    picture = images.fromarray(frame.image)
    size = _WIDTH, max(1, round(_WIDTH * picture.height / picture.width))
    pixels = numpy.asarray(picture.resize(size, images.BILINEAR)).astype(numpy.uint16)
    labels = frame.labels()
    rows, columns = (numpy.arange(few) * many // few for few, many in zip(size[::-1], labels.shape))
    labels = labels[rows[:, None], columns]
    colours = numpy.array([[region.colour >> shift & 255 for shift in (16, 8, 0)] for region in frame.regions_in_order],
                          numpy.uint16)[labels]
    is_edge = numpy.zeros(labels.shape, bool)
    is_edge[:, 1:] |= labels[:, 1:] != labels[:, :-1]
    is_edge[1:] |= labels[1:] != labels[:-1]
    over = numpy.where(is_edge[..., None], pixels + 3 * colours, 2 * pixels + 2 * colours) // 4
    content = io.BytesIO()
    shown = numpy.where((labels > 0)[..., None], over, pixels).astype(numpy.uint8)
    images.fromarray(shown).save(content, "JPEG", quality=82)
    return content.getvalue()


class Changes:
    """Pictures of the frames at which classes come and go and shares change: at most `limit`, those that matter
    most."""

    def __init__(self, limit):
        self._limit = limit
        self._seen = None  # the ids that were seen when the last picture was taken
        self._shares = None  # and all shares
        self._since = None
        self._pictures = []

    def look(self, frame, shares, labels):
        """The next frame. `shares`, an array, and `labels` are by id, of which there may be more with each frame."""
        if self._limit < 1:
            return
        if self._seen is None:
            most = [int(number) for number in numpy.argsort(-shares) if number > 0 and shares[number] >= APPEARS]
            self._take(frame, shares, [", ".join(labels[number] for number in most[:4]) or "no class"], 10)
            return
        before = numpy.pad(self._shares, (0, len(shares) - len(self._shares)))
        present = {number for number in range(1, len(shares))
                   if shares[number] >= (DISAPPEARS if number in self._seen else APPEARS)}
        shift = float(numpy.abs(shares - before).sum() / 2)
        if present == self._seen and shift < _SHIFT:
            self._since = None
            return
        if self._since is None:
            self._since = frame.pts
        if frame.pts - self._since < _STEADY:
            return
        texts = [f"{name}: {', '.join(labels[number] for number in sorted(found))}"
                 for name, found in (("new", present - self._seen), ("gone", self._seen - present)) if found]
        if not texts:
            most = int(numpy.abs(shares - before)[1:].argmax()) + 1
            texts = [f"{labels[most]}: {100 * before[most]:.0f} % → {100 * shares[most]:.0f} %"]
        self._take(frame, shares, texts, shift + 0.2 * len(present ^ self._seen))

    def _take(self, frame, shares, texts, weight):
        if len(self._pictures) > 1 and frame.pts - self._pictures[-1].pts < _APART:
            before = self._pictures.pop()
            texts, weight = before.texts + texts, weight + before.weight
        self._pictures.append(Picture(frame.pts, texts, weight, painted(frame)))
        if len(self._pictures) > 4 * self._limit:
            self._pictures.remove(min(self._pictures[:-1], key=lambda one: one.weight))
        self._seen = {number for number in range(1, len(shares)) if shares[number] >= APPEARS}
        self._shares, self._since = shares, None

    def pictures(self):
        """What was found, in the order of time."""
        most = sorted(self._pictures, key=lambda one: -one.weight)[:self._limit]
        return sorted(most, key=lambda one: one.pts)
