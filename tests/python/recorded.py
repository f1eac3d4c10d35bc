"""Recordings with annotations, made of arrays: neither model nor engine is needed."""

import json

from segmented import check_end
from support import Gst, needed, numpy, skip

naclip = needed("naclip")
WIDTH, HEIGHT = 70, 48  # 70 * 3 bytes are no whole number of words
MASK = 26, 38  # height and width; 38 is no whole number of words either
LABELS = ["background", "sky", "grass", 'red <b>"apple"</b> & "äpple"']
COLOURS = ["#000000", "#4080ff", "#30a030", "#ff2020"]
STEP = 40  # milliseconds from frame to frame


def need_codecs(*others):
    for name in ("matroskamux", "matroskademux", "avenc_ffv1", "avdec_ffv1", *others):
        if Gst.ElementFactory.find(name) is None:
            skip(f"there is no {name}")


def picture(number):
    """[HEIGHT, WIDTH, 3] uint8: each another one."""
    rows, columns = numpy.mgrid[:HEIGHT, :WIDTH]
    return numpy.stack([(rows * 5 + number) % 256, (columns * 3) % 256, numpy.full_like(rows, number * 9 % 256)],
                       axis=2).astype(numpy.uint8)


def labels(number, size=MASK):
    """A mask: sky above, grass below, and a square of region 3 that moves, on a strip of the background."""
    mask = numpy.ones(size, numpy.uint8)
    mask[size[0] // 2:] = 2
    mask[size[0] // 2 - 3:size[0] // 2 + 3] = 0
    left = 2 + 2 * (number % 8)
    mask[5:12, left:left + 9] = 3
    return mask


def message(kind, **fields):
    return {"schema": "naclip/1", "type": kind, "source": "test", **fields}


def vocabulary_message(number=0, words=LABELS, colours=COLOURS):
    return message("vocabulary", pts=number * STEP * 10**6, labels=words, colours=colours)


def frame_message(number, mask, words=LABELS, rectangle=(0, 0, WIDTH, HEIGHT), size=(WIDTH, HEIGHT)):
    """What naclippublish would say of this mask: the classes without the background."""
    regions = []
    for region, label in enumerate(words):
        if region == 0:
            continue
        cells = mask == region
        entry = {"id": region, "label": label, "share": round(float(cells.mean()), 4),
                 "confidence": 0.7 if cells.any() else 0}
        if cells.any():
            ys, xs = numpy.nonzero(cells)
            left, top = xs.min() * size[0] // mask.shape[1], ys.min() * size[1] // mask.shape[0]
            right, bottom = -(-(xs.max() + 1) * size[0] // mask.shape[1]), -(-(ys.max() + 1) * size[1] // mask.shape[0])
            entry["box"] = [int(left), int(top), int(right - left), int(bottom - top)]
        regions.append(entry)
    return message("frame", sequence=number, pts=number * STEP * 10**6,
                   time=f"2026-11-25T10:00:{number * STEP // 1000:02d}.{number * STEP % 1000:03d}Z", size=list(size),
                   mask={"size": [mask.shape[1], mask.shape[0]], "rectangle": list(rectangle), "age": 0},
                   regions=regions)


def event_message(number, state, label="sky", rule="much sky", began=0, share=0.5):
    return message("event", rule=rule, **{"class": label}, zone="gate", state=state, id=f"{rule} {began}",
                   pts=number * STEP * 10**6, time="2026-11-25T10:00:00.000Z", share=share, peak=share, mean=share,
                   duration=(number - began) * STEP * 10**6)


def messages_of(number, mask=None):
    """What the frame of this number says, of a vocabulary that stays the same."""
    said = [vocabulary_message()] if number == 0 else []
    return said + [frame_message(number, labels(number) if mask is None else mask)]


def _rows(array):
    """An array's bytes as GStreamer expects them: rows of whole words."""
    rows = numpy.ascontiguousarray(array).reshape(len(array), -1).view(numpy.uint8)
    return numpy.pad(rows, ((0, 0), (0, -rows.shape[1] % 4))).tobytes()


def _caps(array):
    layout = "RGB" if array.ndim == 3 else "GRAY8" if array.dtype == numpy.uint8 else "GRAY16_LE"
    return Gst.Caps.from_string(f"video/x-raw,format={layout},width={array.shape[1]},height={array.shape[0]},"
                                f"framerate={1000 // STEP}/1")


def _text(messages):
    return "\n".join(json.dumps(message, ensure_ascii=False, separators=(",", ":")) for message in messages)


class Recorder:
    """Writes a recording: a frame at a time, then finish(). Pictures are kept as they are unless `encoder` says how."""

    def __init__(self, path, encoder="identity", tracks=("picture", "mask", "text")):
        encoders = {"picture": f"videoconvert ! {encoder}", "mask": "avenc_ffv1", "text": "identity",
                    "other": "videoconvert"}
        self._pipeline = Gst.parse_launch("matroskamux name=mux ! filesink name=file " + " ".join(
            f"appsrc name={track} format=time ! {encoders[track]} ! queue max-size-bytes=0 max-size-buffers=0 "
            f"max-size-time=0 ! mux.{'subtitle' if track == 'text' else 'video'}_{number}"
            for number, track in enumerate(tracks)))
        self._pipeline.get_by_name("file").set_property("location", str(path))
        self._tracks = {track: self._pipeline.get_by_name(track) for track in tracks}
        if "text" in tracks:
            self._tracks["text"].set_property("caps", Gst.Caps.from_string("text/x-raw,format=utf8"))
        self._plays = False

    def write(self, number, picture=None, mask=None, messages=None):
        """A track without anything gets nothing of this frame."""
        for track, content in ("picture", picture), ("mask", mask), ("other", picture):
            if content is not None and track in self._tracks:
                if self._tracks[track].get_property("caps") is None:
                    self._tracks[track].set_property("caps", _caps(content))
                self._push(track, number, _rows(content))
        if messages and "text" in self._tracks:
            self._push("text", number, _text(messages).encode())
        if not self._plays:
            self._pipeline.set_state(Gst.State.PLAYING)
            self._plays = True

    def _push(self, track, number, content):
        buffer = Gst.Buffer.new_wrapped(content)
        buffer.pts, buffer.duration = number * STEP * Gst.MSECOND, STEP * Gst.MSECOND
        self._tracks[track].emit("push-buffer", buffer)

    def finish(self):
        for source in self._tracks.values():
            source.emit("end-of-stream")
        check_end(self._pipeline)
        self._pipeline.set_state(Gst.State.NULL)


def make_recording(path, frames=12, messages=messages_of, size=MASK, **settings):
    """A recording of picture() and labels(), whose frames say what `messages` gives for their number."""
    recorder = Recorder(path, **settings)
    for number in range(frames):
        recorder.write(number, picture(number), labels(number, size), messages(number))
    recorder.finish()
