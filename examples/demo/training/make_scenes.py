#!/usr/bin/env python3
"""Makes held-out scenes and their true masks, for naclip-eval.

    examples/demo/training/make_scenes.py STAMPS FOLDER [COUNT]

Writes FOLDER/images/*.png (448 x 336), FOLDER/masks/*.png (a pixel's value is the region id) and
FOLDER/vocabulary.txt: every object and ground that the demo model knows. Needs NumPy and OpenCV.
"""

import argparse
import pathlib

import cv2
import scenes

SEED = 3_000_000  # neither training's nor that of its own checks


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("stamps", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("count", type=int, nargs="?", default=200)
    arguments = parser.parse_args()
    words = scenes.Words()
    composer = scenes.Composer(words, scenes.Stamps(words, arguments.stamps), SEED)
    for name in ("images", "masks"):
        (arguments.folder / name).mkdir(parents=True, exist_ok=True)
    for i in range(arguments.count):
        scene = composer.scene(336, 448, 70, 240)
        path = f"{i:03d}.png"
        cv2.imwrite(str(arguments.folder / "images" / path), scene.picture[..., ::-1])
        cv2.imwrite(str(arguments.folder / "masks" / path), scene.mask + 1)
    texts = words.texts[: len(words.objects) + len(words.grounds)]
    (arguments.folder / "vocabulary.txt").write_text("\n".join(texts) + "\n")


if __name__ == "__main__":
    main()
