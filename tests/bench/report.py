#!/usr/bin/python3
"""Times the engine beside the PyTorch baseline, in turn, and prints a table.

    tests/bench/report.py [--quick] [--write] [--threads N] [BUILD]

BUILD is the build folder (default: build). --write puts the table into docs/benchmarks.md, between
its markers. Both sides check themselves against the golden tensors first, and their outcomes are
compared with each other as they are timed: a row whose two sides disagree fails the run. Ends with
77, which meson takes for "skipped", where Debian's python3-torch is missing.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import machine
import programs
from programs import ROOT, Failed

DOCUMENT = ROOT / "docs" / "benchmarks.md"
BEGIN, END = "<!-- stages:begin -->\n", "<!-- stages:end -->\n"
WORDS = 55  # of VOC21's list
BASELINE, ENGINE, FRESH = "baseline", "engine", "fresh engine"


class Measure:
    """One stage of one side. rounds: of the full run and of the quick one; 0 leaves it out."""

    def __init__(self, name, side, rounds, stage, each=1, **settings):
        self.name, self.side, self.rounds = name, side, rounds
        self.stage, self.each, self.settings = stage, each, settings


def both_precisions(name, rounds, stage, **settings):
    return [
        Measure(f"{name}-{precision}", ENGINE, rounds, stage, precision=precision, **settings)
        for precision in ("float32", "bfloat16")
    ]


# What stands in one group is measured in turn, round by round.
GROUPS = [
    [
        Measure("preprocess-baseline", BASELINE, (5, 3), "preprocess", each=5),
        Measure("preprocess", ENGINE, (5, 3), "preprocess", each=20),
    ],
    [
        Measure("encoder-baseline", BASELINE, (7, 2), "encoder"),
        *both_precisions("encoder", (7, 2), "encoder"),
    ],
    [
        Measure("slide-baseline", BASELINE, (5, 2), "slide"),
        *both_precisions("slide", (5, 2), "slide"),
    ],
    [
        Measure("pamr-baseline", BASELINE, (2, 1), "pamr"),
        Measure("pamr", ENGINE, (5, 2), "pamr", each=2),
    ],
    [
        Measure("softmax-21", BASELINE, (5, 2), "softmax", each=3, words=21),
        Measure("decode-21-baseline", BASELINE, (5, 2), "decode", each=3, words=21),
        Measure("decode-21", ENGINE, (5, 2), "decode", each=5, words=21),
        Measure("decode-21-patches", ENGINE, (5, 2), "decode", each=5, words=21, **{"from": "patches"}),
    ],
    [
        Measure("softmax-171", BASELINE, (5, 1), "softmax", each=2, words=171),
        Measure("decode-171-baseline", BASELINE, (5, 1), "decode", each=2, words=171),
        Measure("decode-171", ENGINE, (5, 1), "decode", each=3, words=171),
    ],
    [
        Measure("frame-21-baseline", BASELINE, (2, 1), "segment", vocabulary="words-21.vocabulary"),
        *both_precisions("frame-21", (5, 2), "segment", vocabulary="words-21.vocabulary"),
    ],
    [
        Measure("frame-55-baseline", BASELINE, (1, 0), "segment", vocabulary="voc21.vocabulary"),
        *both_precisions("frame-55", (5, 1), "segment", vocabulary="voc21.vocabulary"),
    ],
    # Only compared: the random network's labels are all one.
    [
        Measure("demo-baseline", BASELINE, (1, 1), "demo"),
        *both_precisions(
            "demo", (1, 1), "segment", model="demo.safetensors", vocabulary="demo.txt", frame="demo"
        ),
    ],
    [
        Measure("text-baseline", BASELINE, (3, 1), "text", vocabulary="voc21.vocabulary", words=2),
        *both_precisions("text", (2, 1), "text"),
        Measure("text-warm", ENGINE, (1, 1), "text", each=7, cache="words"),
    ],
    [
        Measure("load-baseline", BASELINE, (3, 1), "load"),
        Measure("load-torchscript-baseline", BASELINE, (3, 1), "load_torchscript"),
        Measure("load", FRESH, (3, 1), "load"),
        Measure("load-torchscript", FRESH, (3, 1), "load", model="model-torchscript.pt"),
    ],
]

# Whose outcomes have to be equal: ours, the baseline's, how, and the limit.
AGREEMENTS = [
    ("preprocess", "preprocess-baseline", "mean difference", 0.01),
    ("encoder-float32", "encoder-baseline", "relative error", 1e-4),
    ("encoder-bfloat16", "encoder-baseline", "1 - cosine", 1e-2),
    ("slide-float32", "slide-baseline", "relative error", 1e-4),
    ("slide-bfloat16", "slide-baseline", "relative error", 5e-2),
    ("pamr", "pamr-baseline", "relative error", 1e-4),
    ("decode-21", "decode-21-baseline", "labels that differ", 1e-3),
    ("decode-171", "decode-171-baseline", "labels that differ", 1e-3),
    ("demo-float32", "demo-baseline", "labels that differ", 5e-3),
    ("demo-bfloat16", "demo-baseline", "labels that differ", 3e-2),
]


class Row:
    """target: at most so much of the baseline ("ratio") or so many seconds ("seconds")."""

    def __init__(self, title, baseline, ours, target=None, limit=None, scale=1.0):
        self.title, self.baseline, self.ours = title, baseline, ours
        self.target, self.limit, self.scale = target, limit, scale


FRAME = "one frame of 1280 x 720, paper's settings, mask of its size,"
ROWS = [
    Row("preprocess, 1080p NV12 to 336 short side", "preprocess-baseline", "preprocess", "seconds", 2e-3),
    Row("encoder, 336 x 448, whole, float32", "encoder-baseline", "encoder-float32", "ratio", 0.9),
    Row("encoder, 336 x 448, whole, bfloat16", "encoder-baseline", "encoder-bfloat16", "ratio", 0.55),
    Row("sliding window 224 / 112 on it, float32", "slide-baseline", "slide-float32"),
    Row("sliding window 224 / 112 on it, bfloat16", "slide-baseline", "slide-bfloat16", "ratio", 0.4),
    Row("PAMR, 10 steps, dilations 8 and 16, 21 words, 1280 x 720", "pamr-baseline", "pamr", "ratio", 0.01),
    Row("scores to labels, 21 words, 1280 x 720; baseline: softmax and arg max alone",
        "softmax-21", "decode-21", "ratio", 0.2),
    Row("the same; baseline: upsampling and classes included", "decode-21-baseline", "decode-21"),
    Row("the same from the grid of patches (whole picture, no refinement)", "softmax-21", "decode-21-patches"),
    Row("scores to labels, 171 words; baseline: softmax and arg max alone", "softmax-171", "decode-171"),
    Row("the same; baseline: upsampling and classes included", "decode-171-baseline", "decode-171"),
    Row(FRAME + " 21 words, float32", "frame-21-baseline", "frame-21-float32", "ratio", 0.025),
    Row(FRAME + " 21 words, bfloat16", "frame-21-baseline", "frame-21-bfloat16", "ratio", 0.025),
    Row(FRAME + f" VOC21's {WORDS} words, float32", "frame-55-baseline", "frame-55-float32", "ratio", 0.025),
    Row(FRAME + f" VOC21's {WORDS} words, bfloat16", "frame-55-baseline", "frame-55-bfloat16", "ratio", 0.025),
    Row(f"{WORDS} words x 80 templates, cold, float32", "text-baseline", "text-float32", "ratio", 0.08, WORDS / 2),
    Row(f"{WORDS} words x 80 templates, cold, bfloat16", "text-baseline", "text-bfloat16", "ratio", 0.08, WORDS / 2),
    Row("the same words, warm from disk", None, "text-warm", "seconds", 0.05),
    Row("load ViT-B/16, safetensors", "load-baseline", "load", "seconds", 1.0),
    Row("load ViT-B/16, TorchScript", "load-torchscript-baseline", "load-torchscript", "seconds", 3.0),
    Row("overlay, 1080p I420, contours and legend, one core, a new mask each frame", None,
        "overlay-new-mask", "seconds", 2e-3),
    Row("the same, the same mask again", None, "overlay-same-mask", "seconds", 2e-3),
    Row("a frame that is not inferred, 1080p, through naclipsegment; baseline: identity", "identity",
        "not-inferred", "seconds", 50e-6),
]


# --- Measuring --------------------------------------------------------------------------------------


class Run:
    """Asks the programs and keeps {measure: {"seconds": [...], ...}}."""

    def __init__(self, build, folder, threads, quick):
        self.build, self.folder, self.threads, self.quick = build, folder, threads, quick
        self.results, self.skipped = {}, {}

    def out_of(self, name):
        return self.folder / "outcomes" / name

    def measure_all(self, merges):
        shutil.rmtree(self.folder / "words", ignore_errors=True)
        self.out_of("").mkdir(exist_ok=True)
        with programs.baseline(self.folder, self.threads) as baseline:
            with programs.engine(self.build, self.folder, self.threads) as engine:
                self.facts = machine.facts(self.threads, engine, baseline, merges)
                for group in GROUPS:
                    self.measure_group(group, {BASELINE: baseline, ENGINE: engine})
        self.measure_programs()

    def rounds_of(self, measure):
        if measure.name == "frame-55-baseline" and machine.available_gigabytes() < 16:
            self.skipped[measure.name] = "it needs 16 GB of memory"
            return 0
        return measure.rounds[1 if self.quick else 0]

    def measure_group(self, group, sides):
        rounds = {measure.name: self.rounds_of(measure) for measure in group}
        for turn in range(max(rounds.values())):
            for measure in group:
                if turn < rounds[measure.name]:
                    self.measure(measure, turn, sides)

    def measure(self, measure, turn, sides):
        print(f"  {measure.name} {turn + 1}", file=sys.stderr)
        settings = {**measure.settings, "repeats": measure.each}
        kept = {name for agreement in AGREEMENTS for name in agreement[:2]}
        if turn == 0:
            # What takes a second or more shows no difference between a first time and others.
            slow = measure.side == BASELINE and measure.stage in ("pamr", "segment", "demo", "text")
            fills_cache = "cache" in measure.settings
            cold = measure.stage in ("text", "load") and not fills_cache
            settings["warm"] = 0 if slow or cold else 1
            if measure.name in kept:
                settings["out"] = self.out_of(measure.name)
        if measure.side == FRESH:
            with programs.engine(self.build, self.folder, self.threads) as fresh:
                answer = fresh.ask(measure.stage, **settings)
        else:
            answer = sides[measure.side].ask(measure.stage, **settings)
        kept_answer = self.results.setdefault(measure.name, {**answer, "seconds": []})
        kept_answer["seconds"] += answer["seconds"]

    def measure_programs(self):
        """Those that print their figures and end."""
        bench = self.build / "tests" / "bench"
        if (bench / "overlay-benchmark").exists():
            self.results.update(programs.lines_of([bench / "overlay-benchmark"], 1))
        if (bench / "segment-benchmark").exists():
            checkpoint = ROOT / "tests" / "data" / "golden" / "tiny-openai.safetensors"
            engine = self.build / "model" / "libnaclip.so"
            command = [bench / "segment-benchmark", checkpoint]
            self.results.update(programs.lines_of(command, 1, NACLIP_ENGINE=engine))

    def disagreements(self):
        """Compares the outcomes of both sides; keeps how far they are apart."""
        wrong = []
        for ours, theirs, kind, limit in AGREEMENTS:
            if ours not in self.results or theirs not in self.results:
                continue
            labels = kind.startswith("labels")
            far = distance(kind, self.out_of(ours), self.out_of(theirs), "uint8" if labels else "float32")
            self.results[ours]["agreement"] = f"{kind}: {far:.2g}"
            print(f"  {ours} and {theirs}: {kind} {far:.3g}, limit {limit}", file=sys.stderr)
            if not far <= limit:
                wrong.append(f"{ours} is not what {theirs} is: {kind} {far:.3g}, limit {limit}")
        return wrong


def distance(kind, ours, theirs, dtype):
    import numpy

    a, b = (numpy.fromfile(path, dtype=dtype) for path in (ours, theirs))
    if a.shape != b.shape:
        return float("inf")
    if dtype == "uint8":
        return float((a != b).mean())
    a, b = a.astype("float64"), b.astype("float64")
    if kind == "relative error":
        return float(abs(a - b).max() / abs(b).max())
    if kind == "1 - cosine":
        return float(1 - a @ b / (a @ a * (b @ b)) ** 0.5)
    return float(abs(a - b).mean())


# --- The table --------------------------------------------------------------------------------------


def time_text(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{seconds / size:.3g} {unit}"


def spread_text(answer, scale=1.0):
    """"1.25 s (1.2 to 1.3; 5)": the median, the quartiles, how often."""
    numbers = [number * scale for number in answer["seconds"]]
    low, middle, high = programs.quartiles(numbers)
    times = answer.get("repeats", len(numbers))
    text = time_text(middle)
    if times == 1:
        return text + " (once)"
    unit = float(text.split()[0]) / middle
    return f"{text} ({low * unit:.3g} to {high * unit:.3g}; {times})"


def median_of(answer):
    return programs.quartiles(answer["seconds"])[1]


def row_cells(row, run):
    ours, theirs = run.results.get(row.ours), run.results.get(row.baseline)
    if ours is None:
        return None
    cells = [row.title, "", spread_text(ours), "", "", ""]
    ratio = None
    if theirs is not None:
        cells[1] = spread_text(theirs, row.scale)
        if row.scale != 1.0:
            cells[1] += f": {WORDS / row.scale:g} words timed, times {row.scale:g}"
        ratio = median_of(ours) / (median_of(theirs) * row.scale)
        cells[3] = f"{ratio:.3g}"
    elif row.baseline in run.skipped:
        cells[1] = "not run: " + run.skipped[row.baseline]
    elif row.baseline is not None:
        cells[1] = "not run"
    if row.target == "ratio":
        cells[4] = f"<= {row.limit:g} x"
        cells[5] = "" if ratio is None else "yes" if ratio <= row.limit else "**no**"
    elif row.target == "seconds":
        cells[4] = "<= " + time_text(row.limit)
        cells[5] = "yes" if median_of(ours) <= row.limit else "**no**"
    return cells


def further_lines(run):
    """What is no time."""
    lines = []
    weights = 149620737 * 4 / 1e6  # ViT-B/16 in float32
    for name, what in (("load", "safetensors"), ("load-torchscript", "TorchScript")):
        if name in run.results:
            taken = run.results[name]["megabytes"]
            met = "yes" if taken <= 1.1 * weights else "**no**"
            lines.append(
                f"- Memory of its own that loading ViT-B/16 from {what} leaves taken, float32: "
                f"{taken:.0f} MB, {taken / weights:.2f} times its weights (target <= 1.1: {met})."
            )
    if "not-inferred" in run.results:
        found = [run.results[name]["allocations"] for name in ("not-inferred", "identity")]
        lines.append(
            "- Allocations for a frame that is not inferred: "
            f"{found[0]} (identity: {found[1]}; target: none)."
        )
    agreed = [f"{name} {each['agreement']}" for name, each in run.results.items() if "agreement" in each]
    if agreed:
        lines.append("- Both sides' outcomes compared in this run: " + "; ".join(agreed) + ".")
    return lines


def report(run):
    lines = ["| | |", "| --- | --- |"]
    lines += [f"| {name} | {text} |" for name, text in run.facts]
    lines += ["", "| stage | baseline | ours | ratio | target | met |"]
    lines += ["| --- | --- | --- | ---: | --- | --- |"]
    rows = [row_cells(row, run) for row in ROWS]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows if cells is not None]
    lines += ["", "Medians, in brackets the quartiles and the number of measurements; ratio: ours / baseline."]
    return "\n".join([*lines, "", *further_lines(run), ""])


def write_document(text):
    document = DOCUMENT.read_text()
    before, _, rest = document.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCUMENT.write_text(before + BEGIN + text + END + after)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--quick", action="store_true", help="some minutes: fewer rounds")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    options = parser.parse_args()
    if why := programs.missing_torch():
        print("skipped:", why)
        return 77
    import make_inputs

    build = options.build.resolve()
    folder = build / "bench"
    try:
        merges = make_inputs.make(folder, build / "model" / "tools" / "naclip-model")
        run = Run(build, folder, options.threads, options.quick)
        run.measure_all(merges)
        wrong = run.disagreements()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    text = report(run)
    print(text)
    saved = {"facts": dict(run.facts), "quick": options.quick, "results": run.results}
    (folder / "results.json").write_text(json.dumps(saved, indent=1))
    if wrong:
        print("\n".join(wrong), file=sys.stderr)
        return 1
    if options.write:
        write_document(text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
