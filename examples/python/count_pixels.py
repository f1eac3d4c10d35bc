#!/usr/bin/python3
"""Writes each class's share of the picture, frame by frame, as CSV: the seconds, then a column for each class."""

import csv
import sys

from segmented_frames import Gst, argument_parser, frames_of, needed, run


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--output", metavar="FILE", help="where to write (standard output)")
    arguments = parser.parse_args()
    numpy = needed("numpy", "numpy")

    file, rows = None, None
    for sample, meta in frames_of(arguments):
        if rows is None:
            file = open(arguments.output, "w", encoding="utf-8", newline="") if arguments.output else sys.stdout
            rows = csv.writer(file, lineterminator="\n")
            rows.writerow(["seconds", *meta.regions])
        mask = meta.mask
        counts = numpy.bincount(mask.ravel(), minlength=len(meta.regions))
        seconds = sample.get_buffer().pts / Gst.SECOND
        rows.writerow([f"{seconds:.3f}", *(f"{count / mask.size:.6f}" for count in counts)])
    if arguments.output and file is not None:
        file.close()


run(main)
