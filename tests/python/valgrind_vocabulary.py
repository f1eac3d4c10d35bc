"""Plays frames while the vocabulary changes every 10 ms, under valgrind, and looks for errors of memory that name our
libraries: reads and writes of memory that was freed or never taken, values never set, blocks that nobody frees.

    valgrind_vocabulary.py [FRAMES]        2000 by default, which take some ten minutes

Needs what tests/python needs, and valgrind; 77 is skipped. Not a test of the suite, since it takes too long:
.ci/valgrind.sh builds and runs it. First it makes both kinds of error on purpose, which valgrind has to find.
What valgrind says of other libraries alone, such as Python, is counted and not judged; tests/suppressions/valgrind.supp
has what they do when ours call them.
"""

import collections
import ctypes
import gc
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

from small import SETTINGS, naclip
from support import Gst, GstNaclip, make_segmentation, numpy, skip

SUPPRESSIONS = pathlib.Path(__file__).parents[1] / "suppressions" / "valgrind.supp"
OURS = re.compile(r"/lib(gst)?naclip[^/]*\.so")
LOST = "Leak_DefinitelyLost"
SMALL = SETTINGS | {"input_size": 32}
EVERY_STAGE = SMALL | {"input_size": 48, "window_size": 32, "window_stride": 16, "refine": "tlp+pamr",
                       "refine_steps": 1, "tlp_grid": 8}
INTERVAL = 0.01  # seconds between two vocabularies


def make_errors():
    """Reads a segmentation that was freed, and loses three."""
    library = ctypes.CDLL("libgstnaclip-1.0.so.0")
    for function in library.gst_naclip_segmentation_ref, library.gst_naclip_segmentation_unref:
        function.argtypes, function.restype = [ctypes.c_void_p], ctypes.c_void_p
    for _ in range(3):
        lost = make_segmentation(numpy.zeros((4, 4), numpy.uint8))
        library.gst_naclip_segmentation_ref(hash(lost))
    del lost
    freed = make_segmentation(numpy.zeros((4, 4), numpy.uint8))
    library.gst_naclip_segmentation_unref(hash(freed))
    freed.get_n_regions()
    os._exit(0)  # Python would free it again


def vocabularies():
    """One after the other, without end: words of before, new ones, synonyms, thresholds, and some with an error."""
    number = 0
    while True:
        number += 1
        yield f"sky; thing {number % 40}; grass"
        yield f"red apple, pear; background: thing {number % 7}; tree >0.{number % 9 + 1}"
        yield "; ".join(f"thing {other}" for other in range(number % 5 + 1))
        yield f"brand-new {number}" if number % 3 else "sky >2"


class Changes:
    """Sets a vocabulary on an element every INTERVAL, in a thread of its own."""

    def __init__(self, element):
        self.count = 0
        self._element, self._end = element, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        words = vocabularies()
        while not self._end.wait(INTERVAL):
            self._element.set_property("vocabulary", next(words))
            self.count += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._end.set()
        self._thread.join()


def play(frames, mode):
    """A pipeline whose vocabulary changes while it plays, its masks read and some kept for a while."""
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern=ball is-live={mode == 'async'} num-buffers={frames} "
        f"! video/x-raw,format=RGB,width=64,height=64,framerate=25/1 ! naclipsegment name=segment mode={mode} "
        "vocabulary=sky ! appsink name=sink sync=false max-buffers=4")
    segment, sink = pipeline.get_by_name("segment"), pipeline.get_by_name("sink")
    for name, value in SMALL.items():
        segment.set_property(name.replace("_", "-"), value if isinstance(value, int) else str(value))
    pipeline.set_state(Gst.State.PLAYING)
    kept, seen, count = collections.deque(maxlen=20), set(), 0
    with Changes(segment) as changes:
        while sample := sink.emit("pull-sample"):
            count += 1
            for meta in GstNaclip.buffer_segmentations(sample.get_buffer()):
                mask = meta.mask
                if count % 4 == 0:
                    regions = tuple(meta.regions)
                    assert mask.max() < len(regions)
                    seen.add(regions)
                kept.append(mask[::2] if count % 2 else meta.get_segmentation())
    message = pipeline.get_bus().timed_pop_filtered(0, Gst.MessageType.ERROR)
    assert message is None and count == frames, (count, message and message.parse_error())
    pipeline.set_state(Gst.State.NULL)
    print(f"{mode}: {count} frames, {changes.count} changes of the vocabulary, {len(seen)} of them seen", flush=True)
    assert changes.count > frames / 20 and (mode == "async" or len(seen) > 1)


def segment_arrays(segmenter, count):
    """Pictures of two sizes, each with other words."""
    words = vocabularies()
    for number in range(count):
        try:
            segmenter.segment(numpy.full((64, 64 + number // 10 % 2, 3), number % 256, numpy.uint8), next(words))
        except naclip.NaclipError as error:
            assert ">2" in str(error), error
    print(f"Segmenter: {count} pictures", flush=True)


def work(frames):
    with naclip.Segmenter(**EVERY_STAGE) as segmenter:  # whose model the pipelines share
        segment_arrays(segmenter, max(4, frames // 50))
        play(max(20, frames // 20), "async")
        play(frames, "sync")
    gc.collect()


def valgrind(folder, *arguments):
    """valgrind's errors of this script, run with these arguments."""
    log = pathlib.Path(folder) / "valgrind.xml"
    environment = dict(os.environ, PYTHONMALLOC="malloc", G_SLICE="always-malloc", OMP_NUM_THREADS="1",
                       OMP_WAIT_POLICY="PASSIVE")
    done = subprocess.run([
        "valgrind", "--quiet", "--xml=yes", f"--xml-file={log}", f"--suppressions={SUPPRESSIONS}", "--error-limit=no",
        "--num-callers=40", "--keep-debuginfo=yes", "--fair-sched=try", "--leak-check=full",
        "--show-leak-kinds=definite", "--errors-for-leak-kinds=definite", sys.executable, __file__, *arguments],
        env=environment)
    if done.returncode == 77:
        sys.exit(77)
    assert done.returncode == 0, f"the program under valgrind ended with {done.returncode}"
    root = xml.etree.ElementTree.parse(log).getroot()
    assert root.findall("status")[-1].findtext("state") == "FINISHED"
    return root.findall("error")


def is_ours(error):
    """Whether a stack of an error, where it was, or where the memory was taken or freed, has one of our libraries."""
    return any(OURS.search(place.text or "") for place in error.iter("obj"))


def described(error):
    """An error in a line for each call, the innermost of each stack and ours."""
    lines = [f"{error.findtext('kind')}: {error.findtext('what') or error.findtext('xwhat/text')}"]
    for stack in error.iter("stack"):
        for number, frame in enumerate(stack.iter("frame")):
            place = frame.findtext("obj", "?")
            if number < 8 or OURS.search(place):
                lines.append(f"  {'at' if number == 0 else 'by'} {frame.findtext('fn', '?')[:80]} "
                             f"({frame.findtext('file') or place}:{frame.findtext('line', '?')})")
    return "\n".join(lines)


def judge(frames):
    if shutil.which("valgrind") is None:
        skip("valgrind is not installed")
    with tempfile.TemporaryDirectory() as folder:
        kinds = collections.Counter(error.findtext("kind") for error in valgrind(folder, "errors") if is_ours(error))
        assert kinds["InvalidRead"] and kinds[LOST], f"valgrind does not find what was done on purpose: {kinds}"
        begin = time.monotonic()
        errors = valgrind(folder, "work", str(frames))
    ours = [error for error in errors if is_ours(error)]
    others = collections.Counter(error.findtext("kind") for error in errors if not is_ours(error))
    for error in ours:
        print(described(error))
    print(f"{frames} frames in {time.monotonic() - begin:.0f} s: {len(ours)} errors with our libraries; "
          f"without them: {dict(others)}")
    sys.exit(1 if ours else 0)


if sys.argv[1:2] == ["errors"]:
    make_errors()
elif sys.argv[1:2] == ["work"]:
    work(int(sys.argv[2]))
else:
    judge(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
