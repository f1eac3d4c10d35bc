"""Scenes for the demo model: cut-outs of objects laid on grounds, with their true masks.

Training sees the pictures and which words they show, never the masks; those are for evaluation.
Objects are the stamps of Debian's package tuxpaint-stamps-default (GPL-2).
"""

import dataclasses
import math
import pathlib

import cv2
import numpy as np

import grounds

HERE = pathlib.Path(__file__).resolve().parent
cv2.setNumThreads(1)  # pictures are small, and training needs the cores
LEAST_SHARE = 0.02  # of the picture: what shows less of itself is not spoken of


@dataclasses.dataclass
class Word:
    text: str
    kind: str  # "" where captions never name one
    stamps: list  # names below the folder of stamps, without .png


@dataclasses.dataclass
class Scene:
    picture: np.ndarray  # [H, W, 3] uint8 RGB
    mask: np.ndarray  # [H, W] uint8: index into Words.texts
    shares: np.ndarray  # [words]: part of the picture that shows each
    shown: list  # indices of the words that a person would say it shows


class Words:
    """The objects' words, then the grounds', then the kinds'."""

    def __init__(self, path=HERE / "words.txt"):
        rows = [r.split("|") for r in path.read_text().splitlines() if r and r[0] != "#"]
        self.objects = []
        for text, kind, stamps in rows:
            self.objects.append(Word(text.strip(), kind.strip(" -"), stamps.split()))
        self.grounds = list(grounds.GROUNDS)
        kinds = sorted({word.kind for word in self.objects if word.kind})
        self.texts = [word.text for word in self.objects] + self.grounds + kinds
        self.kind_of = {
            i: self.texts.index(word.kind) for i, word in enumerate(self.objects) if word.kind
        }

    def ground(self, name):
        return len(self.objects) + self.grounds.index(name)

    def is_ground(self, index):
        return len(self.objects) <= index < len(self.objects) + len(self.grounds)


class Stamps:
    """Cut-outs with premultiplied alpha, by word, each at several sizes."""

    LARGEST = 256

    def __init__(self, words, folder):
        self.of_word = []
        for word in words.objects:
            self.of_word.append([self.pyramid(folder / (s + ".png")) for s in word.stamps])

    def pyramid(self, path):
        picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        if picture is None:
            raise SystemExit(f"there is no stamp {path}; install tuxpaint-stamps-default")
        if picture.dtype == np.uint16:
            picture = (picture >> 8).astype(np.uint8)
        picture = cv2.cvtColor(picture, cv2.COLOR_BGRA2RGBA).astype(np.float32) / 255
        rows, columns = np.nonzero(picture[..., 3] > 0.1)
        picture = picture[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
        picture[..., :3] *= picture[..., 3:]
        sizes = []
        while len(sizes) < 4:
            size = math.sqrt(picture.shape[0] * picture.shape[1])
            factor = min(1.0, self.LARGEST / 2 ** len(sizes) / size)
            if factor < 1:
                target = [max(8, round(side * factor)) for side in picture.shape[1::-1]]
                picture = cv2.resize(picture, target, interpolation=cv2.INTER_AREA)
            sizes.append(picture)
        return sizes


@dataclasses.dataclass
class Placement:
    """Where and how a stamp lies: centre and size (square root of its box's area) in pixels,
    turn in degrees, light as a factor of each channel."""

    x: float
    y: float
    size: float
    turn: float = 0.0
    flip: bool = False
    light: tuple = (1.0, 1.0, 1.0)


def lay(picture, mask, sizes, placement, index):
    """Draws a stamp onto picture [H, W, 3] float32 0..255 and its index into mask. Returns the
    pixels that the whole stamp covers, those outside of the picture included."""
    fitting = [s for s in sizes if math.sqrt(s.shape[0] * s.shape[1]) >= placement.size]
    stamp = fitting[-1] if fitting else sizes[0]
    high, wide = stamp.shape[:2]
    factor = placement.size / math.sqrt(high * wide)
    turn = math.radians(placement.turn)
    cos, sin = factor * math.cos(turn), factor * math.sin(turn)
    mirror = -1 if placement.flip else 1
    linear = np.array([[cos * mirror, -sin], [sin * mirror, cos]])
    corners = np.abs(linear) @ (wide / 2, high / 2)
    left, top = (int(math.floor(c - r)) for c, r in zip((placement.x, placement.y), corners))
    right, bottom = (int(math.ceil(c + r)) + 1 for c, r in zip((placement.x, placement.y), corners))
    left, top = max(left, 0), max(top, 0)
    right, bottom = min(right, picture.shape[1]), min(bottom, picture.shape[0])
    if right <= left or bottom <= top:
        return 0.0
    offset = np.array((placement.x - left, placement.y - top)) - linear @ (wide / 2, high / 2)
    matrix = np.column_stack([linear, offset])
    box = (right - left, bottom - top)
    laid = cv2.warpAffine(stamp, matrix, box, flags=cv2.INTER_LINEAR, borderValue=(0, 0, 0, 0))
    alpha = laid[..., 3:]
    region = picture[top:bottom, left:right]
    region *= 1 - alpha
    region += laid[..., :3] * (np.float32(placement.light) * 255)
    mask[top:bottom, left:right][alpha[..., 0] > 0.5] = index
    return factor * factor * float((stamp[..., 3] > 0.5).sum())


def border(random, height, width):
    """[H, W] bool: the part below or beside a wavy line across the picture."""
    angle = random.choice([0, 0, 0, math.pi / 2, random.uniform(-0.4, 0.4)])
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    across = (rows - height / 2) * math.cos(angle) + (columns - width / 2) * math.sin(angle)
    along = (columns - width / 2) * math.cos(angle) - (rows - height / 2) * math.sin(angle)
    reach = min(height, width) * 0.28
    wave = random.uniform(0, 5) * np.sin(along / random.uniform(9, 40) + random.uniform(0, 6))
    return across > random.uniform(-reach, reach) + wave


def jitter(random, picture):
    """Another light: brightness, contrast, colour of the light."""
    gain = random.uniform(0.75, 1.2) * random.uniform(0.93, 1.07, 3)
    return np.clip(picture * gain.astype(np.float32) + random.uniform(-14, 14), 0, 255)


def wear(random, picture):
    """What cameras and files do: blur, noise, JPEG. uint8 to uint8."""
    if random.random() < 0.3:
        picture = cv2.GaussianBlur(picture, (0, 0), random.uniform(0.3, 1.1))
    if random.random() < 0.2:
        noise = random.normal(0, random.uniform(2, 7), picture.shape).astype(np.float32)
        picture = np.clip(picture + noise, 0, 255).astype(np.uint8)
    if random.random() < 0.5:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(random.integers(45, 95))]
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, quality)[1], cv2.IMREAD_COLOR)
    return picture


class Composer:
    """Makes scenes; equal seeds make equal scenes."""

    BANK_SIDE = 640

    def __init__(self, words, stamps, seed, per_ground=12, frequency=None, any_turn=0.0):
        """`frequency` [objects]: how often each is chosen beside the others, read anew for every
        scene; None: all equally often. `any_turn`: the share of objects that lie at any angle."""
        self.words, self.stamps = words, stamps
        self.frequency, self.any_turn = frequency, any_turn
        self.random = np.random.default_rng(seed)
        self.bank = {
            name: [
                grounds.draw(name, self.random, self.BANK_SIDE, self.BANK_SIDE)
                for _ in range(per_ground)
            ]
            for name in words.grounds
        }

    def cut(self, name, height, width):
        """A part of a ground of the bank, flipped and scaled at random."""
        random, full = self.random, self.bank[name][self.random.integers(len(self.bank[name]))]
        factor = min(random.uniform(0.75, 1.3), self.BANK_SIDE / max(height, width))
        high, wide = int(height * factor), int(width * factor)
        top = random.integers(self.BANK_SIDE - high + 1)
        left = random.integers(self.BANK_SIDE - wide + 1)
        part = full[top : top + high, left : left + wide]
        if random.random() < 0.5:
            part = part[:, ::-1]
        return cv2.resize(np.ascontiguousarray(part), (width, height)).astype(np.float32)

    def ground(self, height, width):
        random, words = self.random, self.words
        names = random.permutation(words.grounds)
        picture = jitter(random, self.cut(names[0], height, width))
        mask = np.full((height, width), words.ground(names[0]), np.uint8)
        if random.random() < 0.45:
            inside = border(random, height, width)
            picture[inside] = jitter(random, self.cut(names[1], height, width))[inside]
            mask[inside] = words.ground(names[1])
        return picture, mask

    def place(self, height, width, smallest, largest):
        random = self.random
        light = random.uniform(0.75, 1.2) * random.uniform(0.95, 1.05, 3)
        size = math.exp(random.uniform(math.log(smallest), math.log(largest)))
        turn = random.normal(0, 9) if random.random() < 0.8 else random.uniform(-45, 45)
        if self.any_turn and random.random() < self.any_turn:
            turn = random.uniform(-180, 180)
        x, y = random.uniform(0.05, 0.95) * width, random.uniform(0.05, 0.95) * height
        return Placement(x, y, size, turn, random.random() < 0.5, tuple(light))

    def scene(self, height, width, smallest, largest, most=4):
        """1 to `most` objects of `smallest` to `largest` pixels on one or two grounds."""
        random = self.random
        picture, mask = self.ground(height, width)
        count, chances = random.integers(1, most + 1), self.frequency
        if chances is not None:
            chances = chances / chances.sum()
        chosen = random.choice(len(self.words.objects), count, False, chances)
        for index in chosen:
            stamps = self.stamps.of_word[index]
            sizes = stamps[random.integers(len(stamps))]
            lay(picture, mask, sizes, self.place(height, width, smallest, largest), index)
        picture = wear(random, np.clip(picture, 0, 255).astype(np.uint8))
        seen = np.bincount(mask.ravel(), minlength=len(self.words.texts)) / mask.size
        return Scene(picture, mask, seen, list(np.nonzero(seen >= LEAST_SHARE)[0]))
