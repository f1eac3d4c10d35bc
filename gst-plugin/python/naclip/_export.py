"""naclip-export: frames of a recording with annotations as a data set."""

import argparse
import hashlib
import pathlib
import re
import sys

from ._export_folder import ExportFolder
from ._export_formats import FORMATS
from ._export_items import Classes, check_classes, item_of
from ._program import Progress, pillow, run, whole_number
from ._recording import recording

_ABOUT = "Writes frames of a recording with annotations, and their masks, in a format that other programs read."
_MORE = """formats:
{formats}

A call that was stopped is continued by the same one: what is written is kept. The folder is a new or an empty one,
and no file in it that another program wrote is overwritten. Of a recording that still grows, a later call adds
what came since.
"""


def _arguments(arguments):
    formats = "\n".join(f"  {name:12} {text}" for name, (_, text) in FORMATS.items())
    parser = argparse.ArgumentParser(prog="naclip-export", description=_ABOUT, epilog=_MORE.format(formats=formats),
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("file", metavar="FILE", help="a recording with annotations, a Matroska file")
    parser.add_argument("--to", choices=FORMATS, required=True, help="the format, see below")
    parser.add_argument("--output", metavar="FOLDER", required=True, help="where to write")
    parser.add_argument("--every", type=whole_number(1), default=1, metavar="N", help="only every N-th frame (1)")
    parser.add_argument("--classes", metavar="LABELS", default="",
                        help="only these classes, separated by ; or , with their ids (all but the background)")
    parser.add_argument("--size", choices=("frame", "mask"), default="frame",
                        help="masks at the frame's size, or pictures at the mask's (frame)")
    parser.add_argument("--image-format", choices=("jpg", "png"), help="of pictures (jpg; png with --to png)")
    parser.add_argument("--segmentation", choices=("rle", "polygons"), default="rle",
                        help="with --to coco: run lengths, or polygons, which need python3-opencv (rle)")
    parser.add_argument("--tolerance", type=float, default=1.0, metavar="PIXELS",
                        help="by how much polygons may be off; 0 follows the edges of pixels (1)")
    parser.add_argument("--image-prefix", metavar="URL",
                        help="with --to labelstudio: what the pictures' addresses begin with "
                        "(/data/local-files/?d=FOLDER/images/, Label Studio's local storage)")
    options = parser.parse_args(arguments)
    if not options.tolerance >= 0:
        parser.error(f"--tolerance is 0 or more pixels, not {options.tolerance}")
    if options.image_format is None:
        options.image_format = "png" if options.to == "png" else "jpg"
    options.stem = re.sub(r"[^A-Za-z0-9_.-]", "_", pathlib.Path(options.file).stem).lstrip(".") or "frame"
    options.folder_name = pathlib.Path(options.output).resolve().name
    options.chosen = [label.strip() for label in re.split("[;,]", options.classes) if label.strip()]
    return options


def _remembered(options):
    """What the content of the folder depends on."""
    found = {"--to": options.to, "--every": options.every, "--classes": "; ".join(options.chosen),
             "FILE's name": options.stem}
    if options.to != "csv":
        found |= {"--size": options.size, "--image-format": options.image_format}
    if options.to == "coco":
        found["--segmentation"] = options.segmentation
    if options.to == "coco" and options.segmentation == "polygons":
        found["--tolerance"] = options.tolerance
    if options.to == "labelstudio":
        found["--image-prefix"] = options.image_prefix
    return found


def _mark(frame):
    """What tells a recording from others: its first frame."""
    return hashlib.sha256(frame.mask.tobytes() + repr((frame.pts, frame.messages)).encode()).hexdigest()


def _begin(folder, classes, frame, options):
    folder.check_recording(_mark(frame))
    classes.ids_of(frame.regions_in_order)
    if classes.missing():
        print(f"naclip-export: no class {', '.join(classes.missing())} at the beginning of {options.file}: it has "
              f"{', '.join(classes.labels[1:])}", file=sys.stderr)


def _fill(folder, frames, classes, layout, options):
    """Writes what is not yet there. Returns how many items are new."""
    progress, new = Progress(frames), 0
    try:
        for number, frame in enumerate(frames):
            if number == 0:
                _begin(folder, classes, frame, options)
            classes.ids_of(frame.regions_in_order)  # in the same order in each call, whatever is there already
            if number % options.every == 0 and not folder.has(number):
                item = item_of(frame, number, f"{options.stem}-{number:06d}", classes,
                               options.size == "mask" and options.to != "csv")
                folder.add(number, layout.files(item, classes, options), layout.about(item, classes, options))
                new += 1
            progress.show(frame.pts, len(folder), "exported")
    finally:
        progress.clear()
    return new


def _export():
    options = _arguments(sys.argv[1:])
    if options.to != "csv":
        pillow()
    classes, layout = Classes(options.chosen), FORMATS[options.to][0]()
    with recording(options.file) as frames:
        folder = ExportFolder(options.output, _remembered(options))
        try:
            new = _fill(folder, frames, classes, layout, options)
            check_classes(classes, options.file)
            name = layout.finish(folder, classes, options)
        except KeyboardInterrupt:
            print(f"naclip-export: {len(folder)} frames are written; the same command continues", file=sys.stderr)
            raise
        finally:
            folder.close()
    known = f", {len(folder) - new} of them before" if new < len(folder) else ""
    print(f"{len(folder)} frames{known}: {folder.path / name}")


def main():
    run("naclip-export", _export)
