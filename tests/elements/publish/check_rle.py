#!/usr/bin/env python3
"""Compares run lengths with pycocotools'.

    check_rle.py FILE

A line of FILE is HEIGHT WIDTH COUNTS PIXELS, the last one row by row of 0 and 1. Exit status: 0 all are equal, 1 one is
not, 77 pycocotools is missing.
"""
import sys

try:
    import numpy
    from pycocotools import mask
except ImportError:
    print("pycocotools is missing")
    sys.exit(77)

with open(sys.argv[1], encoding="ascii") as file:
    for line in file:
        height, width, counts, pixels = line.split()
        array = numpy.array(list(map(int, pixels)), dtype=numpy.uint8).reshape(int(height), int(width))
        theirs = mask.encode(numpy.asfortranarray(array))["counts"].decode("ascii")
        ours = mask.decode({"size": array.shape, "counts": counts.encode("ascii")})
        if theirs != counts or not (ours == array).all():
            print(f"{height} x {width}: pycocotools writes {theirs}, not {counts}")
            sys.exit(1)
