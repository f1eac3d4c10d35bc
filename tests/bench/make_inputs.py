#!/usr/bin/python3
"""Makes what the benchmarks measure on, once, in a folder.

    tests/bench/make_inputs.py FOLDER NACLIP_MODEL

NACLIP_MODEL is the program naclip-model: it writes a ViT-B/16 with random weights, since speed does
not depend on them. The same weights follow as a TorchScript archive laid out like OpenAI's. CLIP's
byte-pair merges are taken from the folder that NACLIP_CLIP_DIR names; where it is not set, merges
are made that give the same number of tokens and one token to each word of the templates and of the
vocabularies in model/tools/naclip-eval/benchmarks, which is what CLIP's own do for nearly all of them. Labels
are compared on the demo's model and clip: a random network sees one thing everywhere.
"""

import collections
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "parity"))

import torch
import torch.nn.functional as F

import golden_files
from make_golden import imagenet_templates, random_picture
from reference import CONTEXT, stretch

MODEL = "ViT-B/16"
MERGES = 49152 - 256 - 2  # as many as CLIP takes
DEMO = ROOT / "examples" / "demo"
DEMO_FRAME = 60  # of the clip
VOCABULARIES = ROOT / "model" / "tools" / "naclip-eval" / "benchmarks"
WORD_COUNTS = (2, 10, 21, 60, 171)


def vocabulary_classes(path):
    """[[synonym, ...], ...] of a vocabulary file, the class of id 0 first: that is `background`,
    which no file here has elsewhere than in front, and has no words where there is none."""
    classes = []
    for line in path.read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            label, _, words = line.rpartition(":")
            if not classes and label != "background":
                classes.append([])
            classes.append([word.strip() for word in words.split(",")])
    return classes


def english_words():
    """What the made merges know, with the end of a word marked."""
    texts = [template.replace("{}", "") for template in imagenet_templates()]
    for path in sorted(VOCABULARIES.glob("*.vocabulary")):
        texts += [word for synonyms in vocabulary_classes(path) for word in synonyms]
    return sorted(set(re.findall(r"[a-z]+", " ".join(texts).lower())))


def learned_merges(words):
    """Merges that make each word one symbol: always the commonest pair, as BPE is trained."""
    spelt = [[*word[:-1], word[-1] + "</w>"] for word in words]
    merges = []
    while True:
        pairs = collections.Counter(pair for word in spelt for pair in zip(word, word[1:]))
        if not pairs:
            return merges
        best = min(pairs, key=lambda pair: (-pairs[pair], pair))
        merges.append(best)
        for word in spelt:
            for i in range(len(word) - 2, -1, -1):
                if tuple(word[i : i + 2]) == best:
                    word[i : i + 2] = ["".join(best)]


def write_merges(path):
    merges = learned_merges(english_words())
    # The rest are pairs of symbols that stand for no letter of English.
    others = [chr(i) for i in (*range(161, 173), *range(174, 256), *range(256, 324))]
    fillers = ((a, b + end) for end in ("", "</w>") for a in others for b in others)
    merges += [next(fillers) for _ in range(MERGES - len(merges))]
    text = "made by tests/bench/make_inputs.py\n" + "\n".join(map(" ".join, merges))
    path.write_bytes(gzip.compress(text.encode(), mtime=0))


def frame_of(picture):
    """[1, 3, height, width] about normalised -> [height, width, 3] uint8"""
    return (picture[0].permute(1, 2, 0) * 60 + 120).clamp(0, 255).to(torch.uint8).contiguous()


def smooth_picture(height, width, generator):
    """Without grain, so that it does not matter whether chroma is shrunk before or after it is
    made luma's size."""
    coarse = torch.randn((1, 3, height // 120, width // 120), generator=generator)
    return stretch(coarse, height, width)


def demo_frame():
    """[360, 640, 3] uint8 of the demo's clip, decoded by GStreamer."""
    line = (
        f"filesrc location={DEMO / 'clip.webm'} ! decodebin ! videoconvert !"
        f" video/x-raw,format=RGB ! identity eos-after={DEMO_FRAME + 1} ! fdsink"
    )
    command = ["gst-launch-1.0", "--quiet", "--no-position", *line.split()]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    frames = torch.frombuffer(bytearray(done.stdout), dtype=torch.uint8)
    return frames.view(-1, 360, 640, 3)[DEMO_FRAME - 1].contiguous()


def nv12_of(rgb):
    """[height * 3 / 2, width] uint8: BT.709 in limited range."""
    red, green, blue = rgb.double().permute(2, 0, 1)
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    chroma = torch.stack([(blue - luma) / 1.8556, (red - luma) / 1.5748])
    chroma = F.avg_pool2d(chroma[None], 2)[0] * 224 / 255 + 128
    luma = luma * 219 / 255 + 16
    planes = [luma, chroma.permute(1, 2, 0).flatten(1)]
    return torch.cat(planes).round().clamp(0, 255).to(torch.uint8).contiguous()


def scores_of(words, height, width, generator):
    """Cosines as patches and words have them."""
    return torch.randn((1, words, height, width), generator=generator) * 0.05 + 0.2


def write_vocabularies(folder):
    shutil.copy(VOCABULARIES / "voc21.vocabulary", folder / "voc21.vocabulary")
    classes = vocabulary_classes(VOCABULARIES / "coco-stuff.vocabulary")
    words = [synonyms[0] for synonyms in classes if synonyms]
    for count in WORD_COUNTS:
        text = "\n".join(["background: " + words[0], *words[1:count]]) + "\n"
        (folder / f"words-{count}.vocabulary").write_text(text)


def write_tensors(path):
    generator = torch.Generator().manual_seed(4)
    tensors = {
        "frame": frame_of(random_picture(1, 720, 1280, generator)),
        "demo": demo_frame(),
        "nv12": nv12_of(frame_of(smooth_picture(1080, 1920, generator))),
        "picture": random_picture(1, 336, 448, generator),
        "queries": F.normalize(torch.randn((21, 512), generator=generator), dim=-1),
    }
    for words in (21, 171):
        tensors[f"scores-{words}"] = scores_of(words, 21, 37, generator)
    golden_files.write_safetensors(path, tensors)


def write_torchscript(path, weights):
    numbers = {"input_resolution": 224, "context_length": CONTEXT, "vocab_size": 49408}
    golden_files.save_torchscript(path, golden_files.read_safetensors(weights), numbers)


def make(folder, naclip_model):
    """Files are written under another name first: one that is there is whole."""
    folder.mkdir(parents=True, exist_ok=True)
    weights = folder / "model.safetensors"

    def once(name, write):
        if not (folder / name).exists():
            print("making", name, file=sys.stderr)
            write(folder / (name + ".part"))
            (folder / (name + ".part")).rename(folder / name)

    def random_model(path):
        subprocess.run([naclip_model, "random", MODEL, path], check=True, stdout=sys.stderr)

    once(weights.name, random_model)
    once("model-torchscript.pt", lambda path: write_torchscript(path, weights))
    once("inputs.safetensors", write_tensors)
    merges = folder / "model.bpe.txt.gz"  # where the engine looks for them
    own = (
        pathlib.Path(os.environ.get("NACLIP_CLIP_DIR", "/nowhere")) / "bpe_simple_vocab_16e6.txt.gz"
    )
    if own.exists():
        shutil.copy(own, merges)
    else:
        write_merges(merges)
    shutil.copy(merges, folder / "model-torchscript.bpe.txt.gz")
    write_vocabularies(folder)
    for name in ("model.safetensors", "model.bpe.txt.gz", "vocabulary.txt"):
        shutil.copy(
            DEMO / name, folder / name.replace("model", "demo").replace("vocabulary", "demo")
        )
    return "by CLIP's own merges" if own.exists() else "by made merges, one or two a word"


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    print(make(pathlib.Path(sys.argv[1]), sys.argv[2]))
