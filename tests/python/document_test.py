"""Runs the examples of docs/python.md as they stand there, from a folder beside examples/, as a build folder is."""

import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from segmented import DEMO, need_decoders
from support import run_tests

DOCUMENT = (DEMO.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
FOLDER = tempfile.TemporaryDirectory()
PATH = pathlib.Path(FOLDER.name) / "build"


def blocks(language):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)
    return [text for name, text in fenced if name == language]


def run(command):
    done = subprocess.run(command, cwd=PATH, capture_output=True, text=True)
    assert done.returncode == 0 and "Traceback" not in done.stderr, done
    return done.stdout


def run_python(number):
    return run([sys.executable, "-c", blocks("python")[number]])


def can_import(module):
    try:
        importlib.import_module(module)
    except ImportError as missing:
        print(f"not run: {missing}")
        return False
    return True


def test_six_lines_print_what_the_document_says():
    share = re.compile(r"(\d+)%")
    printed, written = run_python(0), blocks("")[0]
    assert share.sub("", printed) == share.sub("", written), printed
    assert abs(int(share.search(printed)[1]) - int(share.search(written)[1])) <= 2, printed  # as machines round
    code = blocks("python")[0].partition("Gst.init(None)\n")[2]
    assert len([line for line in code.splitlines() if line]) == 6


def test_every_frame_of_a_file_is_read():
    assert run_python(1).count("pixels of sky") == 5


def test_a_pad_probe_sees_every_frame():
    assert run_python(2).count("'grass'") == 5


def test_coco_and_polygons_are_written():
    if not can_import("cv2"):
        return
    printed = run_python(3)
    assert re.fullmatch(r"\d+ corners, and \d+ holes\n", printed), printed
    entry, = json.loads((PATH / "giraffe.json").read_text())
    assert entry["category_name"] == "giraffe" and entry["image_id"] == 1 and entry["area"] > 1000


def test_the_programs_run():
    for command in blocks("sh")[0].splitlines():
        if "plot" not in command or can_import("matplotlib"):
            run(["sh", "-c", command])
            assert (PATH / re.search(r"shares\.(csv|png)", command)[0]).stat().st_size > 0


def test_every_example_is_tested():
    assert [len(blocks(language)) for language in ("python", "", "sh")] == [4, 1, 1]


need_decoders()
with FOLDER:
    PATH.mkdir()
    os.symlink(DEMO.parent, PATH.parent / "examples")
    run_tests(globals())
