#!/usr/bin/python3
"""NACLIP's reference in plain PyTorch, timed stage by stage.

    tests/bench/baseline.py FOLDER

FOLDER is what make_inputs.py made. The method is that of tests/parity/reference.py, in the
reference's order: windows one by one, texts padded to 77 tokens, PAMR's neighbours materialised.
The Gaussian of a grid is kept, as the reference keeps it.

First every golden tensor is computed and compared; where one is not right nothing is timed and the
program ends with status 1. Then it answers each line of its input, `STAGE name=value...`, with a
line of JSON: {"stage": ..., "seconds": [...], "processor": [...]}, as engine_benchmark.cpp does.
`repeats` are timed after one that is not where `warm` is 1; `out` names a file for the last
outcome's bytes. Threads: OMP_NUM_THREADS.
"""

import contextlib
import copy
import functools
import json
import pathlib
import re
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "parity"))
sys.path.insert(0, str(ROOT / "tests" / "bench"))

import counters

COUNTERS = counters.Counters()  # of threads that begin after it

import torch
import torch.nn.functional as F

import make_golden
import reference
from golden_files import read_safetensors
from make_inputs import vocabulary_classes
from reference import stretch

SHORT_SIDE, LONGEST = 336, 2048
WINDOW, STRIDE = 224, 112
STEPS, DILATIONS = 10, (8, 16)
SCALE = 40.0
# Where a video frame of 1280 x 720 is decoded from: the network's input.
NETWORK = (336, 597)

reference.gaussian_bias = functools.lru_cache(reference.gaussian_bias)


class Stages:
    """A method for each stage returns what is timed, as a function without arguments."""

    def __init__(self, folder):
        self.folder = folder
        self.inputs = read_safetensors(folder / "inputs.safetensors")
        self.clip = reference.Clip(self.read_weights())
        self.tokenizer = reference.Tokenizer(folder / "model.bpe.txt.gz")

    def read_weights(self, model="model"):
        return make_golden.read_weights(self.folder / (model + ".safetensors"))

    def scores(self, pictures, queries):
        """The windows' or whole pictures' scores, at the pictures' size."""
        features = self.clip.encode_image(pictures, "reduced", "naclip", 5.0)
        grid = [side // self.clip.patch for side in pictures.shape[-2:]]
        scores = F.normalize(features[:, 1:], dim=-1) @ queries.t()
        return stretch(scores.transpose(1, 2).unflatten(2, grid), *pictures.shape[-2:])

    def slid(self, picture, queries):
        return reference.slide(picture, WINDOW, STRIDE, lambda part: self.scores(part, queries))

    def preprocess(self):
        """NV12, BT.709 in limited range -> RGB of the frame's size -> the network's input."""
        planes = self.inputs["nv12"]
        height = len(planes) * 2 // 3

        def work():
            luma = (planes[:height].float() - 16) * (255 / 219)
            chroma = planes[height:].unflatten(1, (-1, 2)).permute(2, 0, 1)[None].float()
            blue, red = F.interpolate(chroma - 128, scale_factor=2)[0] * (255 / 224)
            green = luma - 0.18732427 * blue - 0.46812427 * red
            rgb = torch.stack([luma + 1.5748 * red, green, luma + 1.8556 * blue], dim=-1)
            rgb = rgb.round().clamp(0, 255).to(torch.uint8)
            return reference.model_input(rgb, SHORT_SIDE, LONGEST)

        return work

    def encoder(self):
        picture = self.inputs["picture"]
        return lambda: self.clip.encode_image(picture, "reduced", "naclip", 5.0)

    def slide(self):
        return lambda: self.slid(self.inputs["picture"], self.inputs["queries"])

    def pamr(self, words="21", steps=STEPS):
        frame = self.inputs["frame"].permute(2, 0, 1)[None].float()
        picture = (frame - reference.MEAN) / reference.DEVIATION
        scores = stretch(self.inputs["scores-" + words], *picture.shape[-2:])
        return lambda: reference.pamr(picture, scores, int(steps), DILATIONS)

    def softmax(self, words="21"):
        """Softmax and arg max alone, of scores that are of the frame's size already."""
        scores = stretch(self.inputs["scores-" + words], 720, 1280)[0]
        return lambda: (scores * SCALE).softmax(dim=0).max(dim=0).indices.to(torch.uint8)

    def decode(self, words="21"):
        scores = stretch(self.inputs["scores-" + words], *NETWORK)
        classes = torch.arange(scores.shape[1])

        def work():
            large = stretch(scores, 720, 1280)[0]
            probabilities = reference.class_probabilities(large, classes, SCALE)
            return reference.labels_of(probabilities, 0)

        return work

    def demo(self):
        """A frame of the demo's clip by its model, at the paper's settings."""
        demo = copy.copy(self)
        demo.clip = reference.Clip(self.read_weights("demo"))
        demo.tokenizer = reference.Tokenizer(self.folder / "demo.bpe.txt.gz")
        return demo.segment("demo.txt", "demo")

    def segment(self, vocabulary, frame="frame"):
        """One frame, of 1280 x 720, at the paper's settings, labels of its size."""
        classes = vocabulary_classes(self.folder / vocabulary)
        owners = [i for i, synonyms in enumerate(classes) for _ in synonyms]
        # The words alone, without templates: what the frame costs does not depend on it.
        words = [word for synonyms in classes for word in synonyms]
        queries = F.normalize(self.clip.encode_text(self.tokenizer(words)), dim=-1)
        rgb = self.inputs[frame]

        def work():
            picture = reference.model_input(rgb, SHORT_SIDE, LONGEST)
            scores = stretch(self.slid(picture, queries), *rgb.shape[:2])
            picture = stretch(picture, *rgb.shape[:2])
            scores = reference.pamr(picture, scores, STEPS, DILATIONS)
            # Words' classes are dense; labels are those of the classes' list.
            dense = torch.tensor(owners) - owners[0]
            probabilities = reference.class_probabilities(scores[0], dense, SCALE)
            return owners[0] + reference.labels_of(probabilities, 0)

        return work

    def text(self, vocabulary, words):
        """The first words of a vocabulary, 80 sentences each."""
        classes = vocabulary_classes(self.folder / vocabulary)
        chosen = [word for synonyms in classes for word in synonyms][: int(words)]

        def work():
            rows = []
            for word in chosen:
                sentences = [each.replace("{}", word) for each in make_golden.imagenet_templates()]
                each = F.normalize(self.clip.encode_text(self.tokenizer(sentences)), dim=-1)
                rows.append(F.normalize(each.mean(dim=0), dim=-1))
            return torch.stack(rows)

        return work

    def load(self):
        """Weights in memory, as float32."""
        return lambda: reference.Clip(self.read_weights()).w["visual.proj"]

    def load_torchscript(self):
        path = str(self.folder / "model-torchscript.pt")

        def work():
            weights = torch.jit.load(path, map_location="cpu").state_dict()
            weights = {name: each.float() for name, each in weights.items()}
            return reference.Clip(weights).w["visual.proj"]

        return work


def answer(stages, line):
    stage, *arguments = line.split()
    arguments = dict(each.split("=", 1) for each in arguments)
    repeats, warm = int(arguments.pop("repeats", 1)), int(arguments.pop("warm", 0))
    out = arguments.pop("out", None)
    work = getattr(stages, stage)(**arguments)
    costs, outcome = {}, None
    for turn in range(-warm, repeats):
        del outcome
        before = {"seconds": time.perf_counter(), **COUNTERS.now()}
        outcome = work()
        after = {"seconds": time.perf_counter(), **COUNTERS.now()}
        if turn >= 0:
            for name, begin in before.items():
                costs.setdefault(name, []).append(after[name] - begin)
    if out:
        pathlib.Path(out).write_bytes(outcome.contiguous().numpy().tobytes())
    return {"stage": stage, **costs, "shape": list(outcome.shape)}


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with torch.no_grad():
        print("checking the reference's golden tensors", file=sys.stderr)
        with contextlib.redirect_stdout(sys.stderr):
            if make_golden.check(make_golden.GOLDEN) != 0:
                sys.exit("the baseline is not NACLIP's reference: nothing is timed")
        stages = Stages(pathlib.Path(sys.argv[1]))
        onednn = re.search(r"(?:MKL-DNN|oneDNN) v[\d.]+", torch.__config__.show())
        facts = {"torch": torch.__version__, "threads": torch.get_num_threads()}
        facts["onednn"] = onednn.group() if onednn else "no oneDNN"
        print(json.dumps({"stage": "ready", **facts}), flush=True)
        for line in sys.stdin:
            print(json.dumps(answer(stages, line)), flush=True)


if __name__ == "__main__":
    main()
