#!/usr/bin/env python3
"""Makes the demo's clip and its true masks.

    examples/demo/training/make_clip.py STAMPS FOLDER

Writes FOLDER/clip.webm (640 x 360, 25 frames a second), FOLDER/masks.mkv (FFV1, grey: a pixel's
value is the region id of what it shows, as naclipmask gives it) and FOLDER/vocabulary.txt. The same
arguments make the same frames; an encoder of another version makes other files of them. Needs NumPy,
OpenCV and gst-launch-1.0.
"""

import argparse
import dataclasses
import math
import pathlib
import subprocess
import tempfile

import cv2
import grounds
import numpy as np
import scenes

WIDTH, HEIGHT, RATE = 640, 360, 25
SEED = 2_000_000
ABSENT = ("elephant", "penguin", "bus", "rose", "airplane", "guitar", "snow")


@dataclasses.dataclass
class Actor:
    """An object that moves evenly from `start` to `end`: (x, y, size) in pixels."""

    word: str
    start: tuple
    end: tuple
    flip: bool = False
    turn: float = 0.0  # degrees over the whole shot
    sway: float = 2.0  # pixels and degrees to and fro
    stamp: int = 0


@dataclasses.dataclass
class Shot:
    seconds: float
    grounds: tuple  # upper, lower; or one alone
    horizon: float  # share of the height that the upper one takes
    pan: float  # pixels that the camera moves to the right
    actors: tuple  # from back to front


SHOTS = (
    Shot(3.2, ("sky", "grass"), 0.5, 60, (
        Actor("hot air balloon", (520, 150, 120), (430, 70, 150)),
        Actor("giraffe", (250, 190, 210), (300, 195, 230)),
        Actor("zebra", (-90, 250, 150), (420, 265, 170), flip=True),
    )),
    Shot(3.0, ("brick", "road"), 0.52, -50, (
        Actor("stop sign", (520, 110, 110), (560, 110, 110), sway=0),
        Actor("fire truck", (740, 205, 210), (120, 215, 230), sway=1),
        Actor("traffic cone", (200, 285, 110), (240, 285, 110), sway=0),
        Actor("soccer ball", (40, 305, 80), (600, 310, 90), turn=400, sway=0),
    )),
    Shot(3.0, ("water", "sand"), 0.55, 70, (
        Actor("sailboat", (-60, 100, 150), (420, 110, 180), sway=5),
        Actor("palm tree", (560, 170, 230), (500, 170, 235), sway=1),
        Actor("flamingo", (330, 235, 180), (250, 240, 190)),
    )),
    Shot(2.8, ("wood",), 1.0, 30, (
        Actor("teapot", (150, 190, 190), (190, 180, 200), sway=0),
        Actor("pineapple", (420, 420, 200), (400, 180, 230), sway=1),
        Actor("red apple", (700, 250, 120), (250, 270, 130), turn=-250, sway=0),
    )),
)


def ids_of(words):
    """The clip's vocabulary and the region id of each index in words.texts."""
    used = [a.word for shot in SHOTS for a in shot.actors]
    used += [ground for shot in SHOTS for ground in shot.grounds]
    vocabulary = [text for text in words.texts if text in used or text in ABSENT]
    table = np.zeros(256, np.uint8)
    for region, text in enumerate(vocabulary, 1):
        table[words.texts.index(text)] = region
    return vocabulary, table


def background(shot, words, random):
    """The shot's ground, wider than the picture by what the camera moves, and its mask."""
    width = WIDTH + abs(int(shot.pan))
    rows = np.arange(HEIGHT)[:, None]
    line = HEIGHT * shot.horizon + 4 * np.sin(np.arange(width) / 37)[None]
    picture, mask = None, None
    for name in shot.grounds:
        drawn = grounds.draw(name, random, HEIGHT, width).astype(np.float32)
        index = np.full((HEIGHT, width), words.ground(name), np.uint8)
        below = rows >= line
        picture = drawn if picture is None else np.where(below[..., None], drawn, picture)
        mask = index if mask is None else np.where(below, index, mask)
    return picture, mask


def placed(actor, t, seconds):
    x, y, size = (a + (b - a) * t for a, b in zip(actor.start, actor.end))
    sway = actor.sway * math.sin(2 * math.pi * t * seconds / 1.6)
    return scenes.Placement(x, y + sway, size, actor.turn * t + sway / 2, actor.flip)


def frames(words, stamps):
    """Yields every frame's picture [H, W, 3] uint8 RGB and mask of indices [H, W] uint8."""
    random = np.random.default_rng(SEED)
    for shot in SHOTS:
        ground, ground_mask = background(shot, words, random)
        count = round(shot.seconds * RATE)
        for i in range(count):
            t = i / (count - 1)
            left = int(round(abs(shot.pan) * (t if shot.pan > 0 else 1 - t)))
            picture = np.ascontiguousarray(ground[:, left : left + WIDTH])
            mask = np.ascontiguousarray(ground_mask[:, left : left + WIDTH])
            for actor in shot.actors:
                index = words.texts.index(actor.word)
                place = placed(actor, t, shot.seconds)
                scenes.lay(picture, mask, stamps.of_word[index][actor.stamp], place, index)
            picture = np.clip(picture, 0, 255).astype(np.uint8)
            yield cv2.GaussianBlur(picture, (0, 0), 0.6), mask


def encode(raw, form, encoder, path):
    line = f"filesrc location={raw} ! rawvideoparse width={WIDTH} height={HEIGHT} format={form} "
    line += f"framerate={RATE}/1 ! videoconvert ! {encoder} ! filesink location={path}"
    subprocess.run(["gst-launch-1.0", "-q", *line.split()], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stamps", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    arguments = parser.parse_args()
    words = scenes.Words()
    stamps = scenes.Stamps(words, arguments.stamps)
    vocabulary, table = ids_of(words)
    with tempfile.TemporaryDirectory() as folder:
        raw, masks = pathlib.Path(folder) / "pictures", pathlib.Path(folder) / "masks"
        with open(raw, "wb") as picture_file, open(masks, "wb") as mask_file:
            for picture, mask in frames(words, stamps):
                picture_file.write(picture.tobytes())
                mask_file.write(table[mask].tobytes())
        rate = "vp9enc end-usage=vbr target-bitrate=1900000 deadline=1000000 cpu-used=2"
        encode(raw, "rgb", f"{rate} ! webmmux", arguments.folder / "clip.webm")
        encode(masks, "gray8", "avenc_ffv1 coder=1 gop-size=300 ! matroskamux", arguments.folder / "masks.mkv")
    lines = ["# The demo clip's words; " + ", ".join(ABSENT) + " are never in it.", *vocabulary]
    (arguments.folder / "vocabulary.txt").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
