#!/usr/bin/python3
"""Shows a video in a window of OpenCV, its classes in their colours. Esc or q ends it."""

import subprocess
import sys

from command_line import Failure, argument_parser, frames_of, needed, run
import numpy  # naclip has said what to install where it is missing


def check_windows():
    """Raises Failure where OpenCV can open no window. Some builds of it abort then, so another process tries."""
    done = subprocess.run([sys.executable, "-c", 'import cv2; cv2.namedWindow("naclip")'], capture_output=True)
    if done.returncode != 0:
        raise Failure("OpenCV cannot open a window: there is no display, or this OpenCV is built without windows")


def painted(cv2, frame, opacity):
    """The frame with the mask over it: [height, width, 3] uint8, BGR."""
    colours = numpy.array([[region.colour >> 16, region.colour >> 8 & 0xFF, region.colour & 0xFF]
                           for region in frame.regions.values()], numpy.uint8)
    labels = frame.labels()
    shown = cv2.addWeighted(frame.image, 1 - opacity, colours[labels], opacity, 0)
    return cv2.cvtColor(numpy.where(labels[..., None] > 0, shown, frame.image), cv2.COLOR_RGB2BGR)


def main():
    parser = argument_parser(__doc__)
    parser.add_argument("--opacity", type=float, default=0.5, help="of the colours, 0 to 1 (0.5)")
    arguments = parser.parse_args()
    if not 0 <= arguments.opacity <= 1:
        raise Failure(f"--opacity is 0 to 1, not {arguments.opacity}")
    cv2 = needed("cv2", "opencv")

    check_windows()
    for frame in frames_of(arguments):
        cv2.imshow(arguments.video, painted(cv2, frame, arguments.opacity))
        if cv2.waitKey(1) & 0xFF in (27, ord("q")) or cv2.getWindowProperty(arguments.video, cv2.WND_PROP_VISIBLE) < 1:
            break
    cv2.destroyAllWindows()


run(main)
