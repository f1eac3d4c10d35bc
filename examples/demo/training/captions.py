"""What is said of a scene, and the byte-pair vocabulary learned from it, in CLIP's format."""

import collections
import gzip
import pathlib
import re
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[3]
sys.path.insert(0, str(ROOT / "tests" / "parity"))

from make_golden import imagenet_templates  # noqa: E402
from reference import Tokenizer  # noqa: E402

KIND_SHARE = 0.12  # of the objects are called by their kind
OPENINGS = ("", "", "a photo of ", "a picture of ", "this is ", "there is ", "we see ", "look: ")
PLACES = ("on {}", "in front of {}", "with {} behind", "over {}", "and {}", "near {}", "by the {}")
ARTICLES = ("a {}", "one {}", "the {}", "my {}", "a nice {}")
SIZED_ARTICLES = ("a {} {}", "one {} {}", "the {} {}", "my {} {}")
SIZES = ((0.2, "huge"), (0.08, "big"), (0.04, ""), (0.0, "small"))  # from what part of the picture on
ENDINGS = ("", ".", ".", " in a photo.", " today.")


def joined(parts):
    return parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + " and " + parts[-1]


def size_word(share):
    """What a person says of the size of an object that is this part of the picture."""
    return next(word for least, word in SIZES if share >= least)


def caption(random, words, named, shares=None):
    """A sentence that names these words, by index, the objects in any order; with `shares` [words],
    parts of the picture, it says how big they are."""
    first, last = len(words.objects), len(words.objects) + len(words.grounds)
    objects = [i for i in random.permutation(named) if not first <= i < last]
    places = [words.texts[i] for i in named if first <= i < last]

    def some(choices):
        return choices[random.integers(len(choices))]

    def described(index):
        size = "" if shares is None else size_word(shares[index])
        text = words.texts[index]
        return some(SIZED_ARTICLES).format(size, text) if size else some(ARTICLES).format(text)

    parts = []
    if objects:
        parts.append(joined([described(index) for index in objects]))
    if places:
        parts.append(some(PLACES).format(joined(places)) if objects else joined(places))
    return (some(OPENINGS) + " ".join(parts) + some(ENDINGS)).lower()


def name(random, words, shown):
    """Which words a caption uses for what a scene shows, and which it might as well have used
    (a kind for its member, a member for its kind): two lists of indices."""
    named, spared = [], []
    for index in shown:
        kind = words.kind_of.get(index)
        if kind is None:
            named.append(index)
        else:
            by_kind = random.random() < KIND_SHARE
            named.append(kind if by_kind else index)
            spared.append(index if by_kind else kind)
    return sorted(set(named)), [i for i in spared if i not in named]


def templates():
    """Sentences for a single word: CLIP's 80 for ImageNet, and what captions look like."""
    return imagenet_templates() + ["{}"] * 8 + [a.format("{}") for a in ARTICLES]


def learn_merges(texts, count):
    """The `count` most frequent pairs, one after another, as byte-pair encoding learns them."""
    frequencies = collections.Counter()
    for text in texts:
        for piece in Tokenizer.PIECES.findall(text.lower()):
            frequencies[(*piece[:-1], piece[-1] + "</w>")] += 1
    merges = []
    while len(merges) < count:
        pairs = collections.Counter()
        for symbols, times in frequencies.items():
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += times
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        changed = collections.Counter()
        for symbols, times in frequencies.items():
            merged, i = [], 0
            while i < len(symbols):
                if symbols[i : i + 2] == best:
                    merged.append("".join(best))
                    i += 2
                else:
                    merged.append(symbols[i])
                    i += 1
            changed[tuple(merged)] += times
        frequencies = changed
    return merges


def write_merges(path, words):
    """Learns the vocabulary from captions and templates and writes it as CLIP's own is: gzip, a
    comment, one pair a line."""
    random = np.random.default_rng(0)
    texts = [t.format(w) for t in templates() for w in words.texts]
    for _ in range(20000):
        objects = random.choice(len(words.objects), random.integers(1, 5), False)
        ground = words.ground(words.grounds[random.integers(len(words.grounds))])
        named, _ = name(random, words, [*objects, ground])
        texts.append(caption(random, words, named))
    merges = learn_merges(texts, 1500)
    lines = ["#vocabulary of the gst-naclip demo model, CLIP format", *(" ".join(m) for m in merges)]
    with open(path, "wb") as file, gzip.GzipFile("", "wb", mtime=0, fileobj=file) as packed:
        packed.write("\n".join(lines).encode())
