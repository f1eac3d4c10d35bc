"""naclip-report: a page about a recording with annotations."""

import argparse
import os
import pathlib
import sys
import tempfile

from ._errors import NaclipError
from ._program import Progress, pillow, run, whole_number
from ._recording import recording
from ._report_page import GENERATOR, page
from ._report_summary import Summary

_ABOUT = ("Writes one HTML file about a recording with annotations: shares over time, what was seen how long, events, "
          "and pictures where something changed. It needs no network and no other file.")


def _arguments(arguments):
    parser = argparse.ArgumentParser(prog="naclip-report", description=_ABOUT)
    parser.add_argument("file", metavar="FILE", help="a recording with annotations, a Matroska file")
    parser.add_argument("--output", metavar="HTML", help="where to write (FILE's name and -report.html)")
    parser.add_argument("--pictures", type=whole_number(0), default=12, metavar="N",
                        help="at most so many pictures; 0 does without python3-pil (12)")
    options = parser.parse_args(arguments)
    if options.output is None:
        options.output = f"{pathlib.Path(options.file).stem}-report.html"
    return options


def _check_output(path):
    """Raises NaclipError where another file would be overwritten."""
    if path.is_dir():
        raise NaclipError(f"{path} is a folder: --output takes the name of a file")
    if path.exists():
        with open(path, "rb") as file:
            if f'content="{GENERATOR}"'.encode() not in file.read(1000):
                raise NaclipError(f"{path} is not of naclip-report, and is not overwritten: give another --output")


def _write(path, text):
    """Writes a file that is there as a whole or not at all."""
    with tempfile.NamedTemporaryFile("w", encoding="utf-8", dir=path.parent, prefix=".naclip-", delete=False) as file:
        try:
            file.write(text)
            file.flush()
            os.chmod(file.name, 0o666 & ~_umask())
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _report():
    options = _arguments(sys.argv[1:])
    output = pathlib.Path(options.output)
    _check_output(output)
    if options.pictures:
        pillow()
    summary = Summary(options.pictures)
    with recording(options.file) as frames:
        progress = Progress(frames)
        try:
            for frame in frames:
                summary.add(frame, frames.begin)
                progress.show(frame.pts, len(summary.times), "frames")
        finally:
            progress.clear()
    _write(output, page(summary, pathlib.Path(options.file).name, os.path.getsize(options.file)))
    print(output)


def main():
    run("naclip-report", _report)
