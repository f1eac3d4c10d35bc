#!/usr/bin/python3
"""Times the demo model beside other processes that keep the processors busy, and prints a table.

    tests/bench/neighbours.py [--quick] [--write] [BUILD]

BUILD is the build folder (default: build). Each pipeline runs in turn with each of the ways in which OpenMP's threads may
wait, beside none, one and two processes that do nothing but run. Some 10 minutes with --quick on two cores without AVX-512,
four times that without. --write puts the table into docs/benchmarks.md, between its markers. Let nothing else run
meanwhile.
"""

import argparse
import contextlib
import os
import pathlib
import re
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import document
import machine
from programs import ROOT, Failed

DEMO = ROOT / "examples" / "demo"
WAYS = {
    "spins 3 ms, OpenMP's default": {"GOMP_SPINCOUNT": "300000"},
    "spins 0.1 ms, as shipped": {},
    "OMP_WAIT_POLICY=PASSIVE": {"OMP_WAIT_POLICY": "PASSIVE"},
    "one thread": {"OMP_NUM_THREADS": "1"},
}
CLIP = f"filesrc location={DEMO}/clip.webm ! decodebin ! videoconvert ! identity eos-after=FRAMES"
SEGMENT = (
    f"naclipsegment model={DEMO}/model.safetensors vocabulary-file={DEMO}/vocabulary.txt "
    "stats-interval=1 mode="
)
RECORDED = f"{CLIP} ! {SEGMENT}sync ! naclipoverlay ! videoconvert ! queue ! "
FILES = {
    "demo clip, segmented": f"{CLIP} ! {SEGMENT}sync ! fakesink",
    "the same, drawn and recorded, vp8enc": f"{RECORDED}vp8enc deadline=1 ! fakesink",
    # From gstreamer1.0-plugins-ugly; left out where that is not installed.
    "the same with x264enc": f"{RECORDED}x264enc ! fakesink",
}
LIVE = (
    "videotestsrc is-live=true num-buffers=420 ! video/x-raw,width=1280,height=720,framerate=30/1 ! "
    f"{SEGMENT}async ! naclipoverlay ! fakesink sync=true"
)


@contextlib.contextmanager
def neighbours(count):
    busy = [subprocess.Popen(["/bin/sh", "-c", "while :; do :; done"]) for _ in range(count)]
    try:
        yield
    finally:
        for process in busy:
            process.kill()
            process.wait()


def field(line, name):
    found = re.search(rf"\b{name}=\(\w+\)(-?\d+)", line)
    return int(found.group(1)) if found else None


def run(build, line, way):
    """(milliseconds a frame from the first to the last, the last statistics) of a pipeline."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("OMP_", "GOMP_", "KMP_"))}
    environment = {
        **kept,
        "GST_PLUGIN_PATH": str(build / "gst-plugin"),
        "GST_REGISTRY": str(build / "tests" / "bench" / "registry.bin"),
        "NACLIP_ENGINE": str(build / "model" / "libnaclip.so.0"),
        **way,
    }
    command = ["gst-launch-1.0", "-m", *line.split()]
    told, last = [], ""
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        for text in process.stdout:
            if "naclip-stats" in text:
                told.append((time.monotonic(), field(text, "frames")))
                last = text
    if process.returncode != 0 or len(told) < 2:
        raise Failed(f"{' '.join(command)} ended with status {process.returncode}")
    (begin, first), (end, frames) = told[0], told[-1]
    return 1000 * (end - begin) / (frames - first), last


def measure(build, line, rounds):
    """[[[run()'s answer of each round] for each way] beside no, one, two neighbours]."""
    table = []
    for count in range(3):
        print(f"  beside {count}: {line[:60]}…", file=sys.stderr)
        with neighbours(count):
            found = [[run(build, line, way) for way in WAYS.values()] for _ in range(rounds)]
        table.append(list(zip(*found)))
    return table


def time_a_frame(answers):
    return f"{statistics.median(time for time, _ in answers):.0f} ms"


def inferences(answers):
    _, stats = answers[-1]
    mean, greatest = (field(stats, f"latency-{name}") / 1e6 for name in ("mean", "p99"))
    return f"{field(stats, 'inferred')} ({mean:.0f}, {greatest:.0f} ms)"


def rows_of(title, table, words):
    return [[title, str(count), *map(words, ways)] for count, ways in enumerate(table)]


def report(build, quick):
    frames, rounds = (15, 1) if quick else (30, 3)
    rows = []
    for title, line in FILES.items():
        if "x264enc" in line and not machine.output_of("gst-inspect-1.0", "x264enc"):
            continue
        table = measure(build, line.replace("FRAMES", str(frames)), rounds)
        rows += rows_of(title, table, time_a_frame)
    title = "live, 1280 x 720, 14 s: inferences (mean and 99th percentile of each)"
    rows += rows_of(title, measure(build, LIVE, 1), inferences)
    heads = ["pipeline", "busy neighbours", *WAYS]
    lines = ["| " + " | ".join(heads) + " |", "| --- | ---: |" + " ---: |" * len(WAYS)]
    lines += ["| " + " | ".join(row) + " |" for row in rows]
    about = (
        f"{machine.processor()[0]}, {os.cpu_count()} processors, {time.strftime('%Y-%m-%d')}, commit {machine.commit()}. "
        f"Time a frame from the first to the last of {frames}; medians of {rounds}, the four ways in turn."
    )
    return "\n".join([about, "", *lines]) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("build", nargs="?", type=pathlib.Path, default=ROOT / "build")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    try:
        text = report(options.build.resolve(), options.quick)
    except Failed as problem:
        sys.exit(f"neighbours.py: {problem}")
    print(text, end="")
    if options.write:
        document.write_between("neighbours", text)


if __name__ == "__main__":
    main()
