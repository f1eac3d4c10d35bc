#!/usr/bin/env python3
"""Makes another golden set for the parity suite, or checks one; independent of our C++.

    tests/parity/make_golden.py FOLDER            writes a set of other sizes into FOLDER
    tests/parity/make_golden.py --check FOLDER    computes every tensor of FOLDER's set anew
    NACLIP_GOLDEN_DIR=FOLDER tests/test-parity-golden    in the build folder: our C++ on that set

Needs PyTorch >= 1.13 (python3-torch) alone. A developer's tool: neither the build nor the tests run
it. Layout and names are those of tests/data/golden. After a change of reference.py, check it
against tests/data/golden, which is not of its own making, before you believe a set that is.
"""

import argparse
import json
import pathlib
import re
import shutil
import sys

import torch
import torch.nn.functional as F

from golden_files import (
    hugging_face,
    random_weights,
    read_safetensors,
    save_torchscript,
    write_safetensors,
)
from reference import (
    CONTEXT,
    DEVIATION,
    HEAD_WIDTH,
    Clip,
    Tokenizer,
    class_probabilities,
    gaussian_bias,
    labels_of,
    model_input,
    pamr,
    slide,
    stretch,
)

ROOT = pathlib.Path(__file__).resolve().parents[2]
GOLDEN = ROOT / "tests" / "data" / "golden"
CLASSES = [
    ["tree", "grass"],
    ["car", "semi-trailer truck", "bus"],
    ["hot dog"],
    ["river", "sea", "sky", "road"],
    ["person in shirt"],
    ["mountain"],
]


def imagenet_templates():
    """The 80 sentences, as model/text/prompts.cpp spells them."""
    source = (ROOT / "model" / "text" / "prompts.cpp").read_text()
    found = re.search(r"kImageNetTemplates\{(.*?)\};", source, re.S).group(1)
    templates = re.findall(r'"([^"]+)"', found)
    assert len(templates) == 80
    return templates


class GoldenSet:
    """Computes the set's tensors by their names from its inputs."""

    def __init__(self, weights, tokenizer, classes, parameters, inputs):
        self.clip = Clip(weights, parameters.get("activation", "quick_gelu"))
        self.tokenizer = tokenizer
        self.p, self.inputs = parameters, inputs
        self.words = [word for synonyms in classes for word in synonyms]
        owners = [i for i, synonyms in enumerate(classes) for _ in synonyms]
        self.class_of_word = torch.tensor(owners)
        self.queries = self.query_features()

    def query_features(self):
        rows = []
        for word in self.words:
            sentences = [template.replace("{}", word) for template in imagenet_templates()]
            each = F.normalize(self.clip.encode_text(self.tokenizer(sentences)), dim=-1)
            rows.append(F.normalize(each.mean(dim=0), dim=-1))
        return torch.stack(rows)

    def scores(self, pictures):
        features = self.clip.encode_image(pictures, "reduced", "naclip", self.p["gaussian_std"])
        rows, columns = (side // self.clip.patch for side in pictures.shape[-2:])
        scores = F.normalize(features[:, 1:], dim=-1) @ self.queries.t()
        scores = scores.transpose(1, 2).unflatten(2, (rows, columns))
        return stretch(scores, *pictures.shape[-2:])

    def compute(self, name):
        """The tensor of that name: a group, which is a method below, and what it is of."""
        group, _, rest = name.partition("/")
        return getattr(self, group)(rest)

    def text(self, rest):
        if rest == "class_index":
            return self.class_of_word
        if rest == "query_features":
            return self.queries
        tokens = self.tokenizer([f"a photo of a {word}." for word in self.words])
        return tokens if rest == "tokens" else self.clip.encode_text(tokens)

    def features(self, rest):
        architecture, attention, image = rest.split("/")
        attention, _, deviation = attention.partition("-std")
        pictures = self.inputs["image/" + image]
        if attention == "nonly":  # the set holds the first picture alone
            pictures = pictures[:1]
        deviation = float(deviation or self.p["gaussian_std"])
        return self.clip.encode_image(pictures, architecture, attention, deviation)

    def gaussian_bias(self, rest):
        rows, columns = numbers_in(rest)
        return gaussian_bias(rows, columns, self.p["gaussian_std"])

    def logits(self, rest):
        return self.scores(self.inputs["image/" + rest])

    def slide_logits(self, rest):
        size, stride = numbers_in(rest)
        return slide(self.inputs["image/" + rest.split("-")[0]], size, stride, self.scores)

    def pamr(self, rest):
        steps, *dilations = numbers_in(rest)
        return pamr(self.inputs["pamr/image"], self.inputs["pamr/logits"], steps, dilations)

    def post(self, rest):
        logits = self.logits("ragged")[0]
        probabilities = class_probabilities(logits, self.class_of_word, self.p["logit_scale"])
        if rest == "probabilities":
            return probabilities
        digits = rest[len("labels-threshold") :]  # "0", "03" for 0.3
        return labels_of(probabilities, float(digits[0] + "." + digits[1:] + "0"))

    def e2e(self, rest):
        rgb = self.inputs["e2e/rgb"]
        own = model_input(rgb, self.p["e2e_short_side"], self.p["e2e_long_side_max"])
        if rest == "model_input":
            return own
        # A set that is checked has its own input: resizers that round otherwise do not matter then.
        picture = self.inputs.get("e2e/model_input", own)
        sizes = numbers_in(rest)
        scores = slide(picture, *sizes, self.scores) if sizes else self.scores(picture)
        scores = stretch(scores, *rgb.shape[:2])
        if rest.endswith("-pamr"):  # at the picture's size, as all that follows
            picture = stretch(picture, *rgb.shape[:2])
            scores = pamr(picture, scores, self.p["pamr_steps"], self.p["pamr_dilations"])
        scale = self.p["logit_scale"]
        return labels_of(class_probabilities(scores[0], self.class_of_word, scale), 0)


def numbers_in(text):
    return [int(digits) for digits in re.findall(r"\d+", text)]


def read_weights(path):
    return {name: tensor.float() for name, tensor in read_safetensors(path).items()}


INPUTS = ("image/", "pamr/image", "pamr/logits", "e2e/rgb")


def check(folder):
    """Prints how far each tensor of the set is from ours; the exit status."""
    expected = read_safetensors(folder / "expected.safetensors")
    inputs = {name: t for name, t in expected.items() if name.startswith(INPUTS)}
    golden_set = GoldenSet(
        read_weights(folder / "tiny-openai.safetensors"),
        Tokenizer(folder / "mini-bpe.txt.gz"),
        json.loads((folder / "vocabulary.json").read_text())["classes"],
        json.loads((folder / "parameters.json").read_text()),
        {**inputs, "e2e/model_input": expected["e2e/model_input"]},
    )
    bad = 0
    for name in expected:
        if name in inputs:
            continue
        wanted, found = expected[name], golden_set.compute(name)
        if wanted.shape != found.shape:
            figure, good = f"shape {list(found.shape)}", False
        elif name == "e2e/model_input":
            steps = ((found - wanted).abs() * DEVIATION).max().item()
            same = (found - wanted).abs().le(1e-4).double().mean().item()
            figure, good = f"{same:.6f} equal, at most {steps:.2f} steps of 8 bits", steps < 1.01
        elif wanted.is_floating_point():
            error = (found.double() - wanted.double()).abs().max() / wanted.double().abs().max()
            figure, good = f"{error.item():.2e} relative error", error.item() <= 1e-5
        else:
            same = (found == wanted).double().mean().item()
            figure, good = f"{same:.6f} equal", same >= 0.999
        bad += not good
        print(f"{'ok ' if good else 'BAD'} {name:45} {figure}")
    return 1 if bad else 0


def random_picture(batch, height, width, generator, channels=3):
    """Soft patches of colour with some grain, about normalised."""
    coarse = torch.randn((batch, channels, height // 12 + 2, width // 12 + 2), generator=generator)
    grain = torch.randn((batch, channels, height, width), generator=generator)
    return stretch(coarse, height, width) * 1.4 + grain * 0.2


def random_inputs(sizes, generator):
    patch, grid = sizes.patch, sizes.grid
    e2e = random_picture(1, 213, 134, generator)[0].permute(1, 2, 0)
    return {
        "image/native": random_picture(2, grid * patch, grid * patch, generator),
        "image/wide": random_picture(1, (grid - 1) * patch, (grid + 2) * patch, generator),
        "image/ragged": random_picture(1, 7 * patch + 3, 10 * patch + 9, generator),
        "pamr/image": random_picture(1, 57, 71, generator),
        "pamr/logits": random_picture(1, 57, 71, generator, channels=6),
        "e2e/rgb": (e2e * 60 + 120).clamp(0, 255).to(torch.uint8),
    }


def names_of_outputs(sizes):
    images = ("native", "wide", "ragged")
    slid = f"crop{sizes.window}-stride{sizes.stride}"
    names = ["text/tokens", "text/embedding", "text/query_features", "text/class_index"]
    for architecture in ("reduced", "vanilla"):
        for attention in ("naclip", "nonly", "kk", "csa", "vanilla"):
            if (architecture, attention) != ("reduced", "csa"):  # the reference refuses it
                names += [f"features/{architecture}/{attention}/{image}" for image in images]
    names.append("features/reduced/naclip-std2/wide")
    names.append(f"gaussian_bias/{sizes.grid - 1}x{sizes.grid + 2}")
    names += [f"logits/{image}" for image in images] + [f"slide_logits/ragged-{slid}"]
    names += ["pamr/steps10-dilations8_16", "pamr/steps3-dilations1_2_4"]
    names += ["post/probabilities", "post/labels-threshold0", "post/labels-threshold03"]
    names += ["e2e/model_input", "e2e/whole/labels", "e2e/whole/labels-pamr"]
    return names + [f"e2e/slide-{slid}/labels", f"e2e/slide-{slid}/labels-pamr"]


def make(folder, sizes):
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("mini-bpe.txt.gz", "tokens-mini.json"):
        shutil.copy(GOLDEN / name, folder / name)
    generator = torch.Generator().manual_seed(sizes.seed)
    tokenizer = Tokenizer(folder / "mini-bpe.txt.gz")
    vocabulary = tokenizer.end + 1
    weights = random_weights(sizes, vocabulary, generator)
    parameters = {
        "patch": sizes.patch,
        "native_grid": sizes.grid,
        "vision_heads": sizes.vision_width // HEAD_WIDTH,
        "text_heads": sizes.text_width // HEAD_WIDTH,
        "gaussian_std": sizes.gaussian_std,
        "logit_scale": sizes.logit_scale,
        "e2e_short_side": sizes.short_side,
        "e2e_long_side_max": 2048,
        "window": sizes.window,
        "stride": sizes.stride,
        "pamr_steps": 10,
        "pamr_dilations": [8, 16],
    }
    if sizes.activation != "quick_gelu":
        parameters["activation"] = sizes.activation
    inputs = random_inputs(sizes, generator)
    floats = {name: tensor.float() for name, tensor in weights.items()}
    golden_set = GoldenSet(floats, tokenizer, CLASSES, parameters, inputs)
    outputs = {name: golden_set.compute(name).contiguous() for name in names_of_outputs(sizes)}
    for name in outputs:
        if "labels" in name:
            # Labels of one class alone would check nothing: try another seed then.
            pixels = torch.bincount(outputs[name].flatten().long(), minlength=len(CLASSES))
            print(name, "pixels of each class:", pixels.tolist())

    write_safetensors(folder / "expected.safetensors", {**inputs, **outputs})
    write_safetensors(folder / "tiny-openai.safetensors", weights)
    write_safetensors(folder / "tiny-huggingface.safetensors", hugging_face(weights))
    torch.save(weights, folder / "tiny-openai-state-dict.pt")
    numbers = {"context_length": CONTEXT, "vocab_size": vocabulary}
    numbers["input_resolution"] = sizes.grid * sizes.patch
    save_torchscript(folder / "tiny-openai-torchscript.pt", weights, numbers)
    (folder / "parameters.json").write_text(json.dumps(parameters))
    (folder / "config.json").write_text(json.dumps({"hidden_act": sizes.activation}))
    (folder / "vocabulary.json").write_text(json.dumps({"classes": CLASSES}))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--check", action="store_true", help="compare the folder's set with ours")
    for name, default in (
        ("patch", 14),
        ("grid", 5),
        ("vision-width", 192),
        ("vision-layers", 3),
        ("text-width", 128),
        ("text-layers", 2),
        ("embedding", 40),
        ("window", 63),
        ("stride", 35),
        ("short-side", 90),
        ("seed", 2),
    ):
        parser.add_argument("--" + name, type=int, default=default)
    parser.add_argument("--gaussian-std", type=float, default=4.0)
    parser.add_argument("--logit-scale", type=float, default=30.0)
    parser.add_argument("--activation", choices=("quick_gelu", "gelu"), default="quick_gelu")
    options = parser.parse_args()
    with torch.no_grad():
        return check(options.folder) if options.check else make(options.folder, options)


if __name__ == "__main__":
    sys.exit(main())
