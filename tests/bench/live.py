#!/usr/bin/python3
"""Runs live streams through naclipsegment and prints what they wait for, share and keep.

    tests/bench/live.py [--quick] [--write] [BUILD]

BUILD is the build folder (default: build) with its target `benchmarks`. Some 30 minutes, or some 5 with
--quick. --write puts the tables into docs/benchmarks.md, between their markers. Let nothing else run
meanwhile. Ends with 1 where a target is missed.
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

DEMO = ROOT / "examples" / "demo"
FRAME = 1000 / 30  # milliseconds


class Bench:
    def __init__(self, build, folder, quick):
        self.build, self.folder, self.quick = build, folder, quick
        self.rows, self.missed = [], False

    def run(self, scenario, segment, **numbers):
        print(f"  {scenario} {segment} {numbers}", file=sys.stderr)
        command = [self.build / "tests" / "bench" / "live-benchmark", scenario, segment]
        command += [f"{name}={number}" for name, number in numbers.items()]
        engine = self.build / "model" / "libnaclip.so"
        return programs.lines_of(
            command, os.cpu_count(), key="scenario", NACLIP_ENGINE=engine
        )[scenario]

    def big(self, more=""):
        """A ViT-B/16 of random weights."""
        return f"model={self.folder / 'model.safetensors'} {more}"

    def row(self, what, found, target="", met=None):
        self.missed = self.missed or met is False
        self.rows.append([what, found, target, "" if met is None else "yes" if met else "**no**"])

    # --- Scenarios --------------------------------------------------------------------------------

    def live(self, title, segment, seconds):
        seconds = 30 if self.quick else seconds
        got = self.run("live", segment, seconds=seconds)
        minutes = got["seconds"] / 60
        self.row(
            f"{title}: frames that passed in {minutes:.1f} minutes at 30 a second",
            f"{got['frames']}, {got['masks']} with a mask",
            f"all of {got['frames_expected']:.0f}",
            abs(got["frames"] - got["frames_expected"]) <= 2 and got["masks"] == got["frames"],
        )
        worst = got["latency_ms"][2]
        self.row(
            "- added latency: median, 99th percentile, greatest",
            "{:.1f}, {:.1f}, {:.1f} ms".format(*got["latency_ms"]),
            f"<= one frame, {FRAME:.0f} ms",
            worst <= FRAME,
        )
        self.row(
            "- the same of the first half",
            "{:.1f}, {:.1f}, {:.1f} ms".format(*got["latency_first_half_ms"]),
            "no growth",
            got["latency_ms"][0] <= 1.1 * got["latency_first_half_ms"][0],
        )
        bound = 2 * got["inference_p99_ms"] + FRAME
        self.row(
            "- age of the mask: median, 99th percentile, greatest",
            "{:.0f}, {:.0f}, {:.0f} ms".format(*got["age_ms"]),
            f"<= two inferences (99th percentile {got['inference_p99_ms']:.0f} ms each) and a frame",
            got["age_ms"][1] <= bound,
        )
        early, late = got["resident_mb"]
        self.row(
            "- resident memory, after a warm-up and at the end",
            f"{early:.0f}, {late:.0f} MB; descriptors {got['descriptors']}, threads {got['threads']}",
            "no growth",
            late <= 1.02 * early and got["descriptors"][0] == got["descriptors"][1],
        )

    def word(self):
        got = self.run("word", self.big("window-size=0"), repeats=3 if self.quick else 9)
        low, middle, high = programs.quartiles(got["seconds"])
        self.row(
            "one new word, 80 sentences, while it plays (whole picture): until a frame shows it",
            f"{middle:.2f} s ({low:.2f} to {high:.2f}; {len(got['seconds'])}), greatest {max(got['seconds']):.2f} s",
            f"its encoding and one inference (mean {got['inference_mean_ms']:.0f} ms, "
            f"99th percentile {got['inference_p99_ms']:.0f} ms)",
        )

    def streams(self, more, title):
        seconds = 40 if self.quick else 120
        one = self.run("streams", self.big(f"window-size=0 {more}"), count=1, seconds=seconds // 4)
        eight = self.run("streams", self.big(f"window-size=0 {more}"), count=8, seconds=seconds)
        inferred = eight["inferred"]
        mean = sum(inferred) / len(inferred)
        self.row(
            f"8 cameras of 4 sizes and 3 vocabularies on one model, {title}: masks of each in {seconds} s",
            ", ".join(map(str, inferred)),
            "within 20 % of the mean",
            max(abs(number - mean) for number in inferred) <= max(0.2 * mean, 1),
        )
        ratio = eight["resident_mb"] / one["resident_mb"]
        self.row(
            "- resident memory, 1 camera and 8",
            f"{one['resident_mb']:.0f}, {eight['resident_mb']:.0f} MB",
            "<= 1.3 x",
            ratio <= 1.3,
        )
        self.row(
            "- added latency, 99th percentile, 1 camera and the worst of 8",
            f"{one['latency_p99_ms']:.1f}, {eight['latency_p99_ms']:.1f} ms",
        )

    def batch(self, title, segment, frames, exact):
        got = self.run("batch", segment, count=8, frames=frames, repeats=3)
        alone, together = (programs.quartiles(got[key])[1] for key in ("alone_s", "together_s"))
        self.row(
            f"8 recordings of {frames} frames, {title}: one after another, together",
            f"{alone:.2f}, {together:.2f} s",
            "together at least as fast",
            together <= 1.02 * alone,
        )
        self.row(
            "- masks that differ between the two",
            f"{got['masks_that_differ']} of {got['masks']} ({got['masks_distinct']} distinct ones)",
            "0" if exact else "",
            got["masks_that_differ"] == 0 if exact else None,
        )

    def soak(self):
        frames = 12000 if self.quick else 216000
        demo = f"model={DEMO / 'model.safetensors'} prompts=none mode=async"
        got = self.run("soak", demo, frames=frames)
        self.row(
            f"{frames} frames of 320 x 240 ({frames / 30 / 60:.0f} minutes of video) as fast as they go, demo model, "
            "the vocabulary changed ten times a second",
            f"{got['seconds']:.0f} s, {got['inferred']} inferences, {got['vocabulary_changes']} vocabularies shown",
            "ids and labels agree",
            got["labels_agree"] and got["frames"] == frames,
        )
        resident = got["resident_mb"]
        self.row(
            "- resident memory at each twelfth",
            ", ".join(f"{number:.0f}" for number in resident) + " MB",
            "flat",
            max(resident[6:]) <= 1.02 * max(resident[:6]),
        )
        self.row(
            "- descriptors; threads",
            f"{min(got['descriptors'])} to {max(got['descriptors'])}; {min(got['threads'])} to {max(got['threads'])}",
            "flat",
            max(got["descriptors"][6:]) <= max(got["descriptors"][:6])
            and max(got["threads"][6:]) <= max(got["threads"][:6]),
        )

    def all(self):
        self.live("one camera, 1280 x 720, ViT-B/16, whole picture", self.big("window-size=0"), 600)
        self.live("the same with the paper's windows", self.big(), 90)
        self.word()
        self.streams("", "as set by default")
        self.streams("carry=off", "carry=off")
        demo = f"model={DEMO / 'model.safetensors'} prompts=none mode=sync precision=float32"
        self.batch("demo model in float32", demo, 5, True)
        self.batch("ViT-B/16, whole picture", self.big("mode=sync window-size=0"), 3, False)
        self.soak()


def table(rows):
    lines = ["| what | found | target | met |", "| --- | --- | --- | --- |"]
    return lines + ["| " + " | ".join(row) + " |" for row in rows]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--quick", action="store_true", help="some minutes: shorter")
    parser.add_argument("--write", action="store_true", help="into docs/benchmarks.md")
    options = parser.parse_args()
    if why := programs.missing():
        print("skipped:", why)
        return 77
    import make_inputs

    build = options.build.resolve()
    bench = Bench(build, build / "bench", options.quick)
    try:
        make_inputs.make(bench.folder, build / "model" / "tools" / "naclip-model" / "naclip-model")
        with programs.engine(build, bench.folder, os.cpu_count()) as engine:
            facts = machine.engine_facts(os.cpu_count(), engine)
        bench.all()
    except Failed as failure:
        print(failure, file=sys.stderr)
        return 1
    lines = ["| | |", "| --- | --- |", *(f"| {name} | {text} |" for name, text in facts), ""]
    text = "\n".join([*lines, *table(bench.rows), ""])
    print(text)
    if options.write:
        document.write_between("live", text)
    return 1 if bench.missed else 0


if __name__ == "__main__":
    sys.exit(main())
