#!/usr/bin/env python3
"""Prints the table of palette.cpp: colours that people with any of the common colour vision deficiencies tell apart.

Distances are CIEDE2000 (Sharma, Wu and Dalal 2005). Deficiencies are simulated at full severity as Machado, Oliveira
and Fernandes describe it ("A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, table 1),
on linear RGB. The first colours are those of the greedy choice, over all colours to begin with, whose least distance in
any of the four kinds of sight is the largest; the later ones follow one by one, where normal sight counts for more.
The same every time; takes minutes.
"""
import itertools
import math

SEEN_BY_ALL = 12
COUNT = 60
# So many of the choices of the first colours are tried to be mended.
MENDED = 40
# How much of a distance a deficiency leaves may be lost from the thirteenth colour on.
LEFT = 0.5

IDENTITY = ((1, 0, 0), (0, 1, 0), (0, 0, 1))
SIGHTS = (
    IDENTITY,
    ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
)
TO_XYZ = ((0.4124564, 0.3575761, 0.1804375), (0.2126729, 0.7151522, 0.0721750), (0.0193339, 0.1191920, 0.9503041))


def times(matrix, vector):
    return [sum(a * b for a, b in zip(row, vector)) for row in matrix]


def lab(rgb, sight):
    """CIELAB (D65) of sRGB, 0 to 255, as one kind of sight sees it."""
    linear = [v / 12.92 if v <= 0.04045 else ((v + 0.055) / 1.055) ** 2.4 for v in (c / 255 for c in rgb)]
    seen = [min(max(v, 0.0), 1.0) for v in times(sight, linear)]
    white = times(TO_XYZ, (1, 1, 1))
    x, y, z = (
        math.cbrt(t) if t > 216 / 24389 else (24389 / 27 * t + 16) / 116
        for t in (a / b for a, b in zip(times(TO_XYZ, seen), white))
    )
    return 116 * y - 16, 500 * (x - y), 200 * (y - z)


def ciede2000(one, other):
    (l1, a1, b1), (l2, a2, b2) = one, other
    mean = (math.hypot(a1, b1) + math.hypot(a2, b2)) / 2
    g = 0.5 * (1 - math.sqrt(mean**7 / (mean**7 + 25.0**7)))
    a1, a2 = a1 * (1 + g), a2 * (1 + g)
    c1, c2 = math.hypot(a1, b1), math.hypot(a2, b2)
    h1, h2 = math.atan2(b1, a1), math.atan2(b2, a2)
    turn = h2 - h1 if c1 * c2 > 0 else 0.0
    if turn > math.pi:
        turn -= 2 * math.pi
    elif turn < -math.pi:
        turn += 2 * math.pi
    # The mean hue lies half the shorter turn from the first.
    hue = h1 + turn / 2 if c1 * c2 > 0 else h1 + h2
    chroma, light = (c1 + c2) / 2, (l1 + l2) / 2
    t = (
        1
        - 0.17 * math.cos(hue - math.radians(30))
        + 0.24 * math.cos(2 * hue)
        + 0.32 * math.cos(3 * hue + math.radians(6))
        - 0.20 * math.cos(4 * hue - math.radians(63))
    )
    degrees = math.degrees(hue) % 360
    around = 30 * math.exp(-(((degrees - 275) / 25) ** 2))
    rotation = -2 * math.sqrt(chroma**7 / (chroma**7 + 25.0**7)) * math.sin(math.radians(2 * around))
    dl = (l2 - l1) / (1 + 0.015 * (light - 50) ** 2 / math.sqrt(20 + (light - 50) ** 2))
    dc = (c2 - c1) / (1 + 0.045 * chroma)
    dh = 2 * math.sqrt(c1 * c2) * math.sin(turn / 2) / (1 + 0.015 * chroma * t)
    return math.sqrt(dl * dl + dc * dc + dh * dh + rotation * dc * dh)


def candidates():
    """Colours of a grid that are neither near black or white nor grey: [(sRGB, CIELAB in each sight)]"""
    steps = [round(255 * i / 10) for i in range(11)]
    for rgb in ((r, g, b) for r in steps for g in steps for b in steps):
        light, a, b = lab(rgb, IDENTITY)
        if 30 <= light <= 93 and math.hypot(a, b) >= 36:
            yield rgb, [lab(rgb, sight) for sight in SIGHTS]


def distances(colours, weights):
    """Between any two colours, in the kind of sight where they differ least."""
    table = [[0.0] * len(colours) for _ in colours]
    for i, (_, one) in enumerate(colours):
        for j in range(i):
            table[i][j] = table[j][i] = min(
                ciede2000(a, b) / weight for a, b, weight in zip(one, colours[j][1], weights)
            )
    return table


def extend(chosen, count, table):
    """Adds what lies farthest from all that is chosen until there are `count`."""
    nearest = [min(row[i] for i in chosen) for row in table]
    while len(chosen) < count:
        chosen.append(max(range(len(table)), key=nearest.__getitem__))
        nearest = list(map(min, nearest, table[chosen[-1]]))


def least(chosen, table):
    """(least distance, the pair that has it, as places in `chosen`)"""
    return min((table[a][b], i, j) for i, a in enumerate(chosen) for j, b in enumerate(chosen[:i]))


def exchange(chosen, table, companions):
    """Chooses one of the nearest two anew, and with it up to so many others, while the least distance grows."""
    while True:
        before, *pair = least(chosen, table)
        trials = []
        for place in pair:
            for others in itertools.combinations(range(len(chosen)), companions):
                trial = [colour for i, colour in enumerate(chosen) if i != place and i not in others]
                extend(trial, len(chosen), table)
                trials.append(trial)
        best = max(trials, key=lambda trial: least(trial, table)[0])
        if least(best, table)[0] <= before:
            return chosen
        chosen = best


def first_colours(colours, table):
    """The best of what comes of beginning with each colour in turn."""
    choices = []
    for begin in range(len(table)):
        chosen = [begin]
        extend(chosen, SEEN_BY_ALL, table)
        choices.append(exchange(chosen, table, 0))
    choices.sort(key=lambda chosen: least(chosen, table)[0])
    choices = [exchange(exchange(chosen, table, 1), table, 2) for chosen in choices[-MENDED:]]
    best = max(choices, key=lambda chosen: least(chosen, table)[0])
    # In an order that makes the first few of them as different as can be, from the strongest one on.
    ordered = [max(best, key=lambda i: math.hypot(*colours[i][1][0][1:]))]
    while len(ordered) < SEEN_BY_ALL:
        rest = [i for i in best if i not in ordered]
        ordered.append(max(rest, key=lambda i: min(table[i][j] for j in ordered)))
    return ordered


def main():
    colours = list(candidates())
    chosen = first_colours(colours, distances(colours, (1, 1, 1, 1)))
    extend(chosen, COUNT, distances(colours, (1, LEFT, LEFT, LEFT)))
    hexadecimal = ["0x%02X%02X%02X" % colours[i][0] for i in chosen]
    for begin in range(0, COUNT, 8):
        print("    " + ", ".join(hexadecimal[begin:begin + 8]) + ",")


if __name__ == "__main__":
    main()
