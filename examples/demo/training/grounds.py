"""Grounds that the demo's scenes stand on, all computed: no photograph is needed."""

import cv2
import numpy as np


def noise(random, height, width, cell, octaves=4, stretch=1.0):
    """[height, width] float32 in 0..1: smooth noise whose coarsest cells measure `cell` pixels,
    `stretch` times as wide as high."""
    total, weight = np.zeros((height, width), np.float32), 1.0
    for _ in range(octaves):
        rows = max(2, int(height / cell) + 2)
        columns = max(2, int(width / (cell * stretch)) + 2)
        coarse = random.random((rows, columns), np.float32)
        total += weight * cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
        cell, weight = max(cell / 2, 1.0), weight / 2
    low, high = total.min(), total.max()
    return (total - low) / (high - low + 1e-6)


def blend(amount, first, second):
    """Colours between two: amount [H, W] in 0..1."""
    first, second = np.float32(first), np.float32(second)
    return first + amount[..., None] * (second - first)


def grain(random, picture, strength):
    """Adds noise of every pixel's own, the same in all channels."""
    return picture + random.normal(0, strength, picture.shape[:2])[..., None].astype(np.float32)


def grass(random, height, width):
    blades = noise(random, height, width, 10, 4, stretch=0.25)
    patches = noise(random, height, width, 120, 2)
    picture = blend(blades, (28, 62, 14), (122, 172, 62))
    return grain(random, picture * (0.75 + 0.5 * patches[..., None]), 10)


def sand(random, height, width):
    waves = noise(random, height, width, 40, 2, stretch=3)
    ripples = 0.5 + 0.5 * np.sin(2 * np.pi * (6 * waves + np.arange(height)[:, None] / 23))
    picture = blend(ripples.astype(np.float32), (205, 176, 122), (232, 208, 158))
    return grain(random, picture, 13)


def water(random, height, width):
    waves = noise(random, height, width, 34, 4, stretch=4)
    picture = blend(waves, (8, 44, 92), (58, 128, 168))
    return picture + 130 * np.clip(waves - 0.8, 0, 1)[..., None] * np.float32((1.5, 1.5, 1.4))


def sky(random, height, width):
    down = np.linspace(0, 1, height, dtype=np.float32)[:, None].repeat(width, 1)
    clouds = np.clip(noise(random, height, width, 170, 5, stretch=2) * 2.2 - 1.1, 0, 1)
    picture = blend(down, (74, 132, 214), (164, 204, 242))
    return picture + clouds[..., None] * (np.float32((246, 246, 248)) - picture)


def snow(random, height, width):
    drifts = noise(random, height, width, 90, 3, stretch=2)
    return grain(random, blend(drifts, (206, 214, 232), (252, 252, 255)), 5)


def wood(random, height, width):
    rings = noise(random, height, width, 26, 3, stretch=14)
    fibres = noise(random, height, width, 4, 2, stretch=30)
    picture = blend(0.5 + 0.5 * np.sin(14 * rings), (104, 62, 30), (172, 116, 66))
    picture = picture * (0.85 + 0.3 * fibres[..., None])
    board = int(random.integers(44, 72))
    picture[np.arange(height) % board < 2] *= 0.45
    return picture


def brick(random, height, width):
    high = int(random.integers(18, 26))
    wide = int(high * 2.4)
    rows, columns = np.mgrid[0:height, 0:width]
    row = rows // high
    across = columns + (row % 2) * (wide // 2)
    tones = random.random((height // high + 1, width // wide + 2)).astype(np.float32)
    picture = blend(tones[row, across // wide], (128, 50, 36), (186, 92, 66))
    mortar = (rows % high < 3) | (across % wide < 3)
    picture[mortar] = (186, 178, 168)
    return grain(random, picture * (0.85 + 0.3 * noise(random, height, width, 9, 2)[..., None]), 6)


def road(random, height, width):
    picture = blend(noise(random, height, width, 60, 3), (66, 66, 70), (108, 108, 110))
    picture = grain(random, picture, 14)
    lane = int(random.integers(130, 200))
    rows, columns = np.mgrid[0:height, 0:width]
    line = ((rows + lane // 2) % lane < 7) & (columns % 110 < 66)
    picture[line] = (224, 222, 212)
    return picture


GROUNDS = {f.__name__: f for f in (grass, sand, water, sky, snow, wood, brick, road)}


def draw(name, random, height, width):
    """[height, width, 3] uint8 RGB of the ground of that name."""
    picture = GROUNDS[name](random, height, width)
    return np.clip(picture, 0, 255).astype(np.uint8)
