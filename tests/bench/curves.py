#!/usr/bin/python3
"""Measures how a frame's time grows with words, pixels, windows, streams and threads, and draws it.

    tests/bench/curves.py [--quick] [--draw] [BUILD]

BUILD is the build folder (default: build), whose folder `bench` report.py or make_inputs.py filled.
Pictures go to docs/curves, with the figures that they show as figures.json; --draw draws them anew
from that file. What is measured is naclip::Segmenter::segment with precision=auto, as naclipsegment
calls it. The machine's description and the pictures go into docs/benchmarks.md between markers;
the sentences after them on why curves bend are written by hand, from these figures.
"""

import argparse
import json
import os
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import document
import machine
import programs
from programs import ROOT, Failed

FOLDER = ROOT / "docs" / "curves"
WORDS = (2, 10, 21, 60, 171)
FRAMES = {"360p": (640, 360), "720p": (1280, 720), "1080p": (1920, 1080), "4K": (3840, 2160)}
STREAMS = (1, 2, 3, 4, 6, 8)
# The masks' size and the windows' side.
VARIANTS = [("input", 224), ("input", 0), ("frame", 224), ("frame", 0)]
STAGES = {
    "encoder, float32": ("encoder", {"precision": "float32"}),
    "encoder, bfloat16": ("encoder", {"precision": "bfloat16"}),
    "encoder, int8": ("encoder", {"precision": "int8"}),
    "PAMR, 21 words, 720p": ("pamr", {}),
    "scores to labels, 21 words, 720p": ("decode", {}),
    "preprocess, 1080p NV12": ("preprocess", {}),
    "one 720p frame, mask of its size": ("segment", {"precision": "auto"}),
}


def variant_name(mask, window):
    return f"mask as the {mask}, " + (f"windows of {window}" if window else "whole")


# --- Measuring ------------------------------------------------------------------------------------


def median(answer):
    return programs.quartiles(answer["seconds"])[1]


def timed(program, stage, repeats, **settings):
    print(" ", stage, settings, file=sys.stderr)
    return median(program.ask(stage, repeats=repeats, warm=1, **settings))


def measure_frames(program, repeats):
    """By variant: seconds for each count of words, and for each size of frame."""

    def frame_time(mask, window, **settings):
        variant = {"precision": "auto", "mask": mask, "window": window}
        return timed(program, "segment", repeats, **variant, **settings)

    words, frames = {}, {}
    for mask, window in VARIANTS:
        name = variant_name(mask, window)
        words[name] = [
            frame_time(mask, window, vocabulary=f"words-{count}.vocabulary") for count in WORDS
        ]
        frames[name] = [
            frame_time(mask, window, width=width, height=height)
            for width, height in FRAMES.values()
        ]
    return words, frames


def measure_precisions(program, repeats):
    """By precision: seconds of a frame for each count of words, windows of 224, mask of the input's size."""
    return {
        precision: [
            timed(
                program, "segment", repeats, precision=precision, mask="input",
                vocabulary=f"words-{count}.vocabulary",
            )
            for count in WORDS
        ]
        for precision in programs.precisions_of(program)
    }


def measure_streams(program, repeats):
    """Frames a second of all streams together."""
    rates = []
    for count in STREAMS:
        print("  streams", count, file=sys.stderr)
        settings = {"streams": count, "repeats": repeats, "precision": "auto", "mask": "input"}
        rates.append(program.ask("streams", **settings)["rate"])
    return rates


def measure(build, repeats):
    figures = {"streams": {}, "stages": {}}
    figures["threads"] = [count for count in (1, 2, 4, 8, 16) if count <= os.cpu_count()]
    for threads in figures["threads"]:
        with programs.engine(build, build / "bench", threads) as program:
            if threads == figures["threads"][-1]:
                facts = machine.engine_facts(threads, program)
                figures["machine"] = dict(facts)
                figures["words"], figures["frames"] = measure_frames(program, repeats)
                figures["precisions"] = measure_precisions(program, repeats)
            figures["streams"][str(threads)] = measure_streams(program, min(repeats, 2))
            for name, (stage, settings) in STAGES.items():
                if settings.get("precision") not in (None, "auto", *programs.precisions_of(program)):
                    continue
                often = 10 * repeats if stage in ("preprocess", "decode") else repeats
                figures["stages"].setdefault(name, []).append(timed(program, stage, often, **settings))
    return figures


# --- Drawing --------------------------------------------------------------------------------------

COLOURS = ("#0b5394", "#d95f02", "#1b7f5c", "#a3367f", "#7a6a00", "#444444", "#c0392b")
MARKERS = "osD^vPX"


def new_axes(title, across, up):
    import matplotlib

    matplotlib.use("svg")
    import matplotlib.pyplot as pyplot

    # Text stays text, and the same figures give the same bytes.
    pyplot.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "naclip", "font.size": 10})
    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    axes.set_title(title, loc="left", fontsize=11)
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(True, color="#dddddd", linewidth=0.7)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    return figure, axes


def draw_lines(axes, lines, places):
    for i, (name, values) in enumerate(lines.items()):
        axes.plot(places, values, color=COLOURS[i], marker=MARKERS[i], markersize=5, label=name)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False, fontsize=9)


def save(figure, name):
    FOLDER.mkdir(parents=True, exist_ok=True)
    figure.savefig(FOLDER / (name + ".svg"), metadata={"Date": None})


def in_milliseconds(lines):
    return {name: [second * 1e3 for second in seconds] for name, seconds in lines.items()}


def draw_by_words(title, lines, name):
    figure, axes = new_axes(title, "words in the vocabulary", "milliseconds a frame")
    draw_lines(axes, in_milliseconds(lines), WORDS)
    axes.set_xticks(WORDS, [str(count) for count in WORDS])
    save(figure, name)


def draw(figures):
    threads = figures["threads"][-1]
    paper = "224 / 112 windows, PAMR 10 steps"

    title = f"One 1280 x 720 frame, PAMR 10 steps, {threads} threads"
    draw_by_words(title, figures["words"], "words")
    title = f"One 1280 x 720 frame by precision, mask as the input, {threads} threads"
    draw_by_words(title, figures["precisions"], "precisions")

    figure, axes = new_axes(
        f"21 words, PAMR 10 steps, {threads} threads",
        "pixels of the frame, millions",
        "milliseconds a frame",
    )
    sizes = [width * height / 1e6 for width, height in FRAMES.values()]
    draw_lines(axes, in_milliseconds(figures["frames"]), sizes)
    axes.set_xticks(sizes, [f"{size:.1f}\n{name}" for size, name in zip(sizes, FRAMES)])
    axes.get_xticklabels()[0].set_horizontalalignment("right")
    save(figure, "frames")

    figure, axes = new_axes(
        f"1280 x 720, 21 words, {paper}, mask as the input",
        "streams on one segmenter",
        "frames a second, all streams together",
    )
    names = {
        count: f"{count} thread" + ("s" if count != "1" else "") for count in figures["streams"]
    }
    draw_lines(axes, {names[count]: rates for count, rates in figures["streams"].items()}, STREAMS)
    axes.set_xticks(range(1, max(STREAMS) + 1))
    save(figure, "streams")

    figure, axes = new_axes("What more threads bring", "threads", "times as fast as on one thread")
    gains = {
        name: [each[0] / second for second in each] for name, each in figures["stages"].items()
    }
    draw_lines(axes, gains, figures["threads"])
    axes.plot(
        figures["threads"], figures["threads"], color="#999999", linestyle=":", label="perfect"
    )
    axes.legend(frameon=False, fontsize=9)
    axes.set_xticks(figures["threads"])
    save(figure, "threads")


PICTURES = {
    "words": "Milliseconds a frame by words",
    "frames": "Milliseconds a frame by the frame's pixels",
    "precisions": "Milliseconds a frame by words in each precision",
    "streams": "Frames a second by streams",
    "threads": "Speed by threads",
}


def write_document(figures):
    lines = [f"- {name}: {value}" for name, value in figures["machine"].items()]
    for name, title in PICTURES.items():
        lines += ["", f"![{title}](curves/{name}.svg)"]
    document.write_between("curves", "\n".join([*lines, ""]))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--draw", action="store_true", help="only draw, from figures.json")
    parser.add_argument("--quick", action="store_true", help="each figure once")
    options = parser.parse_args()
    kept = FOLDER / "figures.json"
    if not options.draw:
        import make_inputs

        build = options.build.resolve()
        try:
            make_inputs.make(build / "bench", build / "model" / "tools" / "naclip-model" / "naclip-model")
            figures = measure(build, 1 if options.quick else 3)
        except Failed as failure:
            print(failure, file=sys.stderr)
            return 1
        FOLDER.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(figures, indent=1) + "\n")
    figures = json.loads(kept.read_text())
    draw(figures)
    write_document(figures)
    return 0


if __name__ == "__main__":
    sys.exit(main())
