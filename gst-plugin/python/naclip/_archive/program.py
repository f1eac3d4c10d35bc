"""naclip-archive: its command line."""

import argparse
import os
import pathlib
import re
import sys

from .._errors import NaclipError
from .._program import run, whole_number
from .._gstreamer import Gst
from .merge import by_video, merge_video
from .plan import check_settings, settings_of, write_plan
from .status import table_of
from .tasks import OUTPUTS, read_tasks
from .workers import Status, Workers

_ABOUT = "Segments many hours of video, as tasks that any batch system runs."
_MORE = """Commands:
  plan    cut videos into tasks: writes FOLDER/tasks.jsonl
  run     do a task, some, or all
  merge   join what the tasks of each video made
  status  show what is done, and how long the rest will take

`naclip-archive COMMAND --help` has the options of a command.
"""
_RUN_MORE = """exit status:
  0   done, now or before
  65  bad input: the video cannot be decoded, or not all of it. What could be is written, and the same again is of no use
  75  try again: the disk is full, a file is not there, another process has the task
  78  the settings are wrong, such as a model that is not there: every task would fail
"""


def _outputs(text):
    found = [name.strip() for name in re.split(r"[,+]", text) if name.strip()]
    if not found or set(found) - set(OUTPUTS):
        raise argparse.ArgumentTypeError(f"some of {', '.join(OUTPUTS)}, separated by commas, not \"{text}\"")
    return sorted(set(found))


def _seconds(text):
    seconds = float(text)
    if not 0 <= seconds < 1e9:
        raise ValueError
    return seconds


_seconds.__name__ = "number of seconds"


def _property(text):
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise argparse.ArgumentTypeError(f'a property is NAME=VALUE, such as interval=5, not "{text}"')
    return name.replace("_", "-"), value


def _part(text):
    found = re.fullmatch(r"(\d+)/(\d+)", text)
    if not found or not int(found[1]) < int(found[2]):
        raise argparse.ArgumentTypeError(f'N/M, with N from 0 to M - 1, not "{text}"')
    return int(found[1]), int(found[2])


def _add_plan(commands):
    parser = commands.add_parser("plan", description="Cuts videos into tasks of about the same length, at keyframes, and "
                                 "writes FOLDER/tasks.jsonl. The same command adds videos that came since.")
    parser.add_argument("places", nargs="+", metavar="PLACE", help="a folder that is searched for videos, or a video")
    parser.add_argument("--output", metavar="FOLDER", required=True, help="where tasks and outputs are written")
    parser.add_argument("--model", metavar="MODEL", required=True, help="a checkpoint, or a name such as ViT-B/16")
    parser.add_argument("--vocabulary-file", metavar="FILE", required=True, help="a file with what to look for")
    parser.add_argument("--chunk", type=_seconds, default=600, metavar="SECONDS",
                        help="about how much video a task is; 0: all of a video (600)")
    parser.add_argument("--outputs", type=_outputs, default=list(OUTPUTS), metavar="LIST",
                        help="some of masks, video, json, separated by commas (all three)")
    parser.add_argument("--set", type=_property, action="append", default=[], metavar="NAME=VALUE",
                        help="a property of naclipsegment, such as interval=5; may be repeated")
    parser.add_argument("--overlap", type=_seconds, metavar="SECONDS",
                        help="how much of the video before its chunk a task segments, so that smoothing is as in an "
                        "unbroken run (as the properties need)")
    parser.set_defaults(run=_plan)


def _plan(options):
    try:
        vocabulary = pathlib.Path(options.vocabulary_file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NaclipError(f"{options.vocabulary_file}: {error}") from error
    properties = dict(options.set)
    check_settings(options.model, vocabulary, properties)
    settings = settings_of(options.model, vocabulary, properties, options.outputs, options.overlap)
    lines = write_plan(options.places, options.output, round(options.chunk * Gst.SECOND), settings,
                       lambda text: print(f"naclip-archive: {text}", file=sys.stderr))
    videos = len({line["name"] for line in lines})
    print(f"{videos} videos, {len(lines)} tasks: {pathlib.Path(options.output) / 'tasks.jsonl'}")
    return Status.DONE


def _add_run(commands):
    parser = commands.add_parser("run", description="Does tasks. One that is done is not done again, one that was killed "
                                 "starts over.", epilog=_RUN_MORE,
                                 formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tasks", metavar="TASKS", help="the file tasks.jsonl, or its folder")
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--index", type=whole_number(0), metavar="N", help="do task N, counted from 0")
    which.add_argument("--part", type=_part, metavar="N/M", help="do each M-th task, from task N on")
    which.add_argument("--all", action="store_true",
                       help="do all tasks but those that another process has: several machines may share them")
    parser.add_argument("--streams", type=whole_number(1), metavar="N",
                        help="how many tasks at once, on one model (2)")
    parser.add_argument("--retry", action="store_true", help="do tasks again that failed for their input")
    parser.set_defaults(run=_run)


def _chosen(tasks, options):
    if options.all:
        return tasks
    if options.part:
        first, step = options.part
        return tasks[first::step]
    if options.index >= len(tasks):
        raise NaclipError(f"there is no task {options.index}: the last one is {len(tasks) - 1}")
    return [tasks[options.index]]


def _run(options):
    tasks = _chosen(read_tasks(options.tasks), options)
    return Workers(tasks, options.streams or 2, options.retry, options.all).run()


def _add_merge(commands):
    parser = commands.add_parser("merge", description="Joins what the tasks of each video made: FOLDER/NAME.mkv, a "
                                 "recording, and FOLDER/NAME.jsonl. What is missing is said, and the exit status is 1 "
                                 "then.")
    parser.add_argument("tasks", metavar="TASKS", help="the file tasks.jsonl, or its folder")
    parser.set_defaults(run=_merge)


def _merge(options):
    has_gaps = False
    for _, tasks in by_video(read_tasks(options.tasks)):
        joined = merge_video(tasks)
        names = ", ".join(os.path.relpath(path) for path in joined.files)
        if names:
            print(f"{names}{' (joined before)' if joined.is_known else ''}", flush=True)
        for gap in joined.gaps:
            print(f"naclip-archive: {joined.name}: {gap}", file=sys.stderr)
        has_gaps = has_gaps or bool(joined.gaps)
    return 1 if has_gaps else 0


def _add_status(commands):
    parser = commands.add_parser("status", description="Shows a table of what is done, and how long the rest will take.")
    parser.add_argument("tasks", metavar="TASKS", help="the file tasks.jsonl, or its folder")
    parser.add_argument("--every-video", action="store_true", help="show videos that are done, too")
    parser.set_defaults(run=_status)


def _status(options):
    print("\n".join(table_of(read_tasks(options.tasks), options.every_video)))
    return Status.DONE


def _archive():
    parser = argparse.ArgumentParser(prog="naclip-archive", usage="naclip-archive COMMAND ...", description=_ABOUT, epilog=_MORE,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", prog="naclip-archive", required=True, help=argparse.SUPPRESS)
    for add in (_add_plan, _add_run, _add_merge, _add_status):
        add(commands)
    options = parser.parse_args()
    sys.exit(options.run(options))


def main():
    run("naclip-archive", _archive)
