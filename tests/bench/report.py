#!/usr/bin/python3
"""Times the engine beside the PyTorch baseline, in turn, and prints a table.

    tests/bench/report.py [--quick] [--write] [--threads N] [--only float32] [--table NAME] [BUILD]

BUILD is the build folder (default: build). --write puts the table into docs/benchmarks.md, between
the markers of that name (default: stages). --only leaves out the other precisions. A second table
sets what was found against the least time that the work needs on the machine (roofline.py). Both
sides check themselves against the golden tensors first, and their outcomes are compared with each
other as they are timed: a row whose two sides disagree fails the run. Ends with
77, which meson takes for "skipped", where Debian's python3-torch or GStreamer's tools are missing.
"""

import argparse
import json
import os
import pathlib
import shutil
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import document
import machine
import programs
import startup
from plan import AGREEMENTS, BASELINE, ENGINE, FRESH, GROUPS, ROWS, WORDS, work_of
from programs import ROOT, Failed
from roofline import Roofs

# Of each turn; the last two where the machine counts them.
COSTS = "seconds", "processor", "instructions", "cycles"

# --- Measuring ------------------------------------------------------------------------------------


class Run:
    """Asks the programs and keeps {measure: {"seconds": [...], ...}}."""

    def __init__(self, build, folder, threads, quick, only):
        self.build, self.folder, self.threads, self.quick = build, folder, threads, quick
        self.only = only
        self.results, self.skipped = {}, {}
        self.least = {}  # (seconds, what they go to) by measure

    def out_of(self, name):
        return self.folder / "outcomes" / name

    def measure_all(self, merges):
        shutil.rmtree(self.folder / "words", ignore_errors=True)
        self.out_of("").mkdir(exist_ok=True)
        self.measure_programs()
        with programs.engine(self.build, self.folder, self.threads) as engine:
            with programs.baseline(self.folder, engine, self.threads) as baseline:
                self.facts = machine.facts(self.threads, engine, baseline, merges)
                self.precisions = [self.only] if self.only else programs.precisions_of(engine)
                for group in GROUPS:
                    self.measure_group(group, {BASELINE: baseline, ENGINE: engine})
                self.find_least(engine)

    def rounds_of(self, measure):
        if measure.name == "frame-voc21-baseline" and machine.available_gigabytes() < 16:
            self.skipped[measure.name] = "it needs 16 GB of memory"
            return 0
        if measure.settings.get("precision") not in (None, "auto", *self.precisions):
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
        if settings.get("precision") == "auto":
            settings["precision"] = self.only or "auto"
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
        result = self.results.setdefault(measure.name, {**answer, **{name: [] for name in COSTS}})
        for name in COSTS:
            result[name] += answer.get(name, [])

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
        if (self.build / "gst-plugin" / "libgstnaclip.so").exists():
            rounds = 3 if self.quick else 7
            found = startup.measure(self.build, self.folder, rounds, self.only or "auto")
            self.results.update(found)

    def find_least(self, engine):
        self.roofs = Roofs(engine, self.threads)
        tokens = {name: each["tokens"] for name, each in self.results.items() if "tokens" in each}
        for row in ROWS:
            parts = work_of(row.ours, tokens) if row.ours in self.results else []
            if parts:
                self.least[row.ours] = self.roofs.least_of(parts)

    def disagreements(self):
        """Compares the outcomes of both sides; keeps how far they are apart."""
        wrong = []
        for ours, theirs, kind, limit in AGREEMENTS:
            if ours not in self.results or theirs not in self.results:
                continue
            labels = kind.startswith("labels")
            far = distance(
                kind, self.out_of(ours), self.out_of(theirs), "uint8" if labels else "float32"
            )
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


# --- The table ------------------------------------------------------------------------------------


def time_text(seconds):
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size or unit == "µs":
            return f"{seconds / size:.3g} {unit}"


def spread_text(answer, scale=1.0):
    """ "1.25 s (1.2 to 1.3; 5)": the median, the quartiles, how often."""
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


def cost_cells(row, run):
    """The stage, processor's time of both, instructions a cycle of ours; the least time, on what, and its part of ours."""
    ours, theirs = run.results.get(row.ours), run.results.get(row.baseline)
    least, on_what = run.least.get(row.ours, (None, ""))
    if ours is None or (not ours.get("processor") and least is None):
        return None
    cells = [row.title]
    for answer, scale in ((theirs, row.scale), (ours, 1.0)):
        spent = (answer or {}).get("processor")
        cells.append(time_text(programs.quartiles(spent)[1] * scale) if spent else "")
    cycles = sum(ours.get("cycles", []))
    cells.append(f"{sum(ours['instructions']) / cycles:.2f}" if cycles else "")
    if least is None:
        return [*cells, "", "", ""]
    return [*cells, time_text(least), on_what, f"{least / median_of(ours):.0%}"]


def cost_table(run):
    lines = [
        "| stage | processors' time: baseline | ours | instructions a cycle | least time by the roofs | it goes to | reached |",
        "| --- | ---: | ---: | ---: | ---: | --- | ---: |",
    ]
    rows = [cost_cells(row, run) for row in ROWS]
    lines += ["| " + " | ".join(cells) + " |" for cells in rows if cells is not None]
    if not any(each.get("cycles") for each in run.results.values()):
        lines += ["", "- This machine counts neither instructions nor cycles (perf_event_open)."]
        return lines + run.roofs.lines()
    return [*lines, "", *run.roofs.lines()]


def further_lines(run):
    """What is no time."""
    lines = []
    weights = 149620737 * 4 / 1e6  # ViT-B/16 in float32
    for name, what in (("load-words", "safetensors"), ("load-words-torchscript", "TorchScript")):
        if name in run.results:
            own, resident = (run.results[name][key] for key in ("megabytes", "resident"))
            met = "yes" if resident <= 1.1 * weights else "**no**"
            lines.append(
                f"- Memory after loading ViT-B/16 from {what}, float32, and encoding a word: {resident:.0f} MB more than "
                f"before, {own:.0f} of them allocated; its weights once are {weights:.0f} "
                f"(target <= 1.1 times that: {met})."
            )
    if "not-inferred" in run.results:
        found = [run.results[name]["allocations"] for name in ("not-inferred", "identity")]
        lines.append(
            "- Allocations for a frame that is not inferred: "
            f"{found[0]} (identity: {found[1]}; target: none)."
        )
    agreed = [
        f"{name} {each['agreement']}" for name, each in run.results.items() if "agreement" in each
    ]
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
    lines += [
        "",
        "Medians, in brackets the quartiles and how often measured; ratio: ours / baseline.",
    ]
    return "\n".join([*lines, "", *further_lines(run), "", *cost_table(run), ""])


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--quick", action="store_true", help="some minutes: fewer rounds")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--only", metavar="PRECISION", help="leave out the other precisions")
    parser.add_argument("--table", default="stages", help="the table's name in docs/benchmarks.md")
    options = parser.parse_args()
    if why := programs.missing():
        print("skipped:", why)
        return 77
    import make_inputs

    build = options.build.resolve()
    folder = build / "bench"
    try:
        merges = make_inputs.make(folder, build / "model" / "tools" / "naclip-model" / "naclip-model")
        run = Run(build, folder, options.threads, options.quick, options.only)
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
        document.write_between(options.table, text)
    return 0


if __name__ == "__main__":
    sys.exit(main())
