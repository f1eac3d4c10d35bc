#!/usr/bin/python3
"""Runs naclip-archive and prints how much video an hour it does, and what it writes.

    tests/bench/archive.py [--quick] [--write] [BUILD]

BUILD is the build folder (default: build); `pipelines/install-dependencies.sh bench` installs what this needs.
--quick took half an hour on two cores without products of bfloat16; all of it takes some three times as long. --write puts
the tables into docs/scale.md, between their markers. Let nothing else run meanwhile. Ends with 1 where the target is missed.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import document
import machine
import make_inputs
from programs import PYTHON, ROOT, Failed

DEMO = ROOT / "examples" / "demo"
PROGRAM = ROOT / "gst-plugin" / "python" / "bin" / "naclip-archive"
CLIPS, CLIP_SECONDS = 20, 3
STREAMS = 1, 2, 3
MASKS = "masks,json"
OUTPUTS = "json", MASKS, "masks,video,json"
TARGET = 0.95  # of the sum of the single runs' inference
# The words of PASCAL VOC, as many as the other figures are for.
WORDS = ("aeroplane; bicycle; bird; boat; bottle; bus; car; cat; chair; cow; table; dog; horse; motorbike; person; plant; "
         "sheep; sofa; train; monitor; background: sky, wall")
WHOLE = ("window-size=0",)
SETTINGS = (
    ("the paper's: windows, PAMR", ()),
    ("whole picture, PAMR", WHOLE),
    ("whole picture, TLP", (*WHOLE, "refine=tlp")),
    ("the same, every 5th frame", (*WHOLE, "refine=tlp", "interval=5")),
    ("the same, every 25th frame", (*WHOLE, "refine=tlp", "interval=25")),
    ("the same, input 224", (*WHOLE, "refine=tlp", "interval=25", "input-size=224")),
)


class Archive:
    """naclip-archive of a build, in a folder of its own."""

    def __init__(self, build, folder):
        self.folder = folder
        plugin = build / "gst-plugin"
        self._environment = os.environ | {
            "GST_PLUGIN_PATH": str(plugin), "GST_REGISTRY": str(folder / "registry.bin"),
            "NACLIP_ENGINE": str(build / "model" / "libnaclip.so"), "OMP_WAIT_POLICY": "PASSIVE",
            "GI_TYPELIB_PATH": str(plugin / "gst" / "naclip"),
            "LD_LIBRARY_PATH": f"{plugin / 'gst' / 'naclip'}:{build / 'model' / 'process'}",
            "PYTHONPATH": str(ROOT / "gst-plugin" / "python")}

    def run(self, *arguments):
        done = subprocess.run([PYTHON, PROGRAM, *map(str, arguments)], env=self._environment, stdout=subprocess.DEVNULL)
        if done.returncode != 0:
            raise Failed(f"naclip-archive {arguments[0]} ended with status {done.returncode}")

    def plan(self, videos, model, words, settings, outputs):
        """A new plan with one task a video. Returns its folder."""
        output = self.folder / "output"
        shutil.rmtree(output, ignore_errors=True)
        file = self.folder / "words.txt"
        file.write_text(words)
        self.run("plan", videos, "--output", output, "--model", model, "--vocabulary-file", file, "--chunk", 0,
                 "--outputs", outputs, *(argument for setting in settings for argument in ("--set", setting)))
        return output


def manifests(output):
    return [json.loads(path.read_text()) for path in sorted(output.glob("chunks/*/00000.json"))]


def sizes(output, suffix):
    return sum(path.stat().st_size for path in output.glob(f"chunks/*/00000{suffix}"))


def clips_of_demo(folder, count, width, height, seconds):
    """A new folder with copies of the demo clip's beginning, at a size."""
    folder.mkdir()
    first = folder / "00.mkv"
    command = (f"gst-launch-1.0 -q filesrc location={DEMO / 'clip.webm'} ! decodebin ! videoconvert ! videoscale "
               f"! video/x-raw,width={width},height={height} ! identity eos-after={seconds * 25 + 1} "
               f"! vp8enc deadline=1 cpu-used=8 threads=2 target-bitrate={width * height * 3} "
               f"! matroskamux ! filesink location={first}")
    subprocess.run(command.split(), check=True)
    for number in range(1, count):
        shutil.copy(first, folder / f"{number:02d}.mkv")
    return folder


def throughput(archive, clips, all_outputs):
    """Rows about the demo's clips: all in one process beside the sum of single runs' inference. And what two streams
    reach with masks."""
    videos = clips_of_demo(archive.folder / "clips", clips, 640, 360, CLIP_SECONDS)
    words = (DEMO / "vocabulary.txt").read_text()
    rows, reached = [], 0
    for outputs in all_outputs:
        output = archive.plan(videos, DEMO / "model.safetensors", words, (), outputs)
        for index in range(clips):
            archive.run("run", output, "--index", index, "--streams", 1)
        inference = sum(manifest["inference"] for manifest in manifests(output))
        found = []
        for streams in STREAMS:
            output = archive.plan(videos, DEMO / "model.safetensors", words, (), outputs)
            begun = time.monotonic()
            archive.run("run", output, "--all", "--streams", streams)
            found.append(inference / (time.monotonic() - begun))
        if outputs == MASKS:
            reached = found[STREAMS.index(2)]
        print(f"  {outputs} {inference:.1f} {found}", file=sys.stderr)
        rows.append([f"{clips} clips of {CLIP_SECONDS} s", outputs.replace(",", ", "), f"{inference:.1f} s",
                     *(f"{ratio:.2f}" for ratio in found)])
    return rows, reached


def hours(archive, model, seconds):
    """Rows about a ViT-B/16 at 1280 x 720: hours of video an hour, by settings, and what is written."""
    videos = clips_of_demo(archive.folder / "large", 1, 1280, 720, seconds)
    rows = []
    output = archive.plan(videos, model, WORDS, SETTINGS[-1][1], MASKS)
    archive.run("run", output, "--index", 0)  # the words are kept on disk then, as for all tasks but an archive's first
    for title, settings in SETTINGS:
        output = archive.plan(videos, model, WORDS, settings, MASKS)
        archive.run("run", output, "--index", 0)
        [manifest] = manifests(output)
        length = manifest["frames"] / 25
        taken = manifest["ended"] - manifest["begun"]
        print(f"  {title} {length} s in {taken:.1f} s", file=sys.stderr)
        rows.append([title, f"{manifest['inference'] / manifest['inferred'] * 1000:.0f} ms", f"{length / taken:.2f}",
                     f"{taken / length * 10000:.0f}"])
    output = archive.plan(videos, model, WORDS, SETTINGS[-1][1], "masks,video,json")
    archive.run("run", output, "--index", 0)
    with_video = sizes(output, ".mkv")
    output = archive.plan(videos, model, WORDS, SETTINGS[-1][1], MASKS)
    archive.run("run", output, "--index", 0)
    masks = sizes(output, ".mkv")
    scale = 3600 / seconds / 1e9
    written = [["masks, FFV1", f"{masks * scale:.2f}"], ["picture, VP8", f"{(with_video - masks) * scale:.2f}"],
               ["messages", f"{sizes(output, '.jsonl') * scale:.2f}"]]
    return rows, written


def table(heads, rows):
    lines = [heads, ["---", *["---:"] * (len(heads) - 1)], *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", type=pathlib.Path, nargs="?", default=ROOT / "build")
    parser.add_argument("--quick", action="store_true", help="a third of the time: one choice of outputs, shorter clips")
    parser.add_argument("--write", action="store_true", help="into docs/scale.md")
    options = parser.parse_args()
    build = options.build.resolve()
    with tempfile.TemporaryDirectory() as name:
        archive = Archive(build, pathlib.Path(name))
        model = archive.folder / "vit.safetensors"
        try:
            subprocess.run([build / "model" / "tools" / "naclip-model" / "naclip-model", "random", "ViT-B/16", model],
                           check=True)
            make_inputs.write_merges(archive.folder / "vit.bpe.txt.gz")
            rows, reached = throughput(archive, CLIPS, (MASKS,) if options.quick else OUTPUTS)
            settings, written = hours(archive, model, 2 if options.quick else 10)
        except (Failed, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 1
    processor, flags = machine.processor()
    facts = (f"{time.strftime('%Y-%m-%d', time.gmtime())}, commit {machine.commit()}, {processor}, "
             f"{os.cpu_count()} threads, {' '.join(flags)}.\n\n")
    tables = {
        "archive-throughput": facts + table(["archive", "outputs", "inference, one by one", "1 stream", "2 streams",
                                             "3 streams"], rows),
        "archive-hours": facts + table(["settings", "an inference", "hours of video an hour",
                                        "machine-hours for 10,000 hours"], settings),
        "archive-written": table(["output", "GB an hour of video"], written),
    }
    print("\n".join(tables.values()))
    print(f"2 streams reach {reached:.2f} of the inference alone, target {TARGET}")
    if options.write:
        for name, text in tables.items():
            document.write_between(name, text, document.SCALE)
    return 0 if reached >= TARGET else 1


if __name__ == "__main__":
    sys.exit(main())
