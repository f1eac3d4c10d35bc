#!/usr/bin/python3
"""Writes each class's share of the picture, frame by frame, as CSV: the seconds, then a column for each class."""

import csv
import sys

from command_line import argument_parser, frames_of, run
import numpy  # naclip has said what to install where it is missing


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--output", metavar="FILE", help="where to write (standard output)")
    arguments = parser.parse_args()
    file, rows = None, None
    for frame in frames_of(arguments):
        if rows is None:
            file = open(arguments.output, "w", encoding="utf-8", newline="") if arguments.output else sys.stdout
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["seconds", *frame.regions])
        counts = numpy.bincount(frame.mask.ravel(), minlength=len(frame.regions))
        rows.writerow([f"{frame.pts / 1e9:.3f}", *(f"{count / frame.mask.size:.6f}" for count in counts)])
    if arguments.output and file is not None:
        file.close()


run(main)
