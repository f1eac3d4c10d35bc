"""Runs the examples of docs/python.md, and the programs of docs/recordings.md, as they stand there: from a folder
beside examples/, as a build folder is."""

import importlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from recorded import make_recording, need_codecs
from segmented import DEMO, need_decoders
from support import run_tests

DOCUMENT = (DEMO.parents[1] / "docs" / "python.md").read_text(encoding="utf-8")
FOLDER = tempfile.TemporaryDirectory()
PATH = pathlib.Path(FOLDER.name) / "build"


def blocks(language, document=DOCUMENT):
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", document, re.MULTILINE | re.DOTALL)
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


def check_printed(printed, written):
    """Shares may be off by 2 %, as machines round."""
    share = re.compile(r"(\d+)%")
    assert share.sub("", printed) == share.sub("", written), printed
    for one, other in zip(share.findall(printed), share.findall(written)):
        assert abs(int(one) - int(other)) <= 2, printed


def test_six_lines_print_what_the_document_says():
    for number, answer, begin in (0, 0, ""), (2, 2, "Gst.init(None)\n"):
        check_printed(run_python(number), blocks("")[answer])
        code = blocks("python")[number].partition(begin)[2] if begin else blocks("python")[number]
        assert len([line for line in code.splitlines() if line]) <= 6


def test_an_array_is_segmented():
    check_printed(run_python(1), blocks("")[1])


def test_every_frame_of_a_file_is_read():
    assert run_python(3).count("pixels of sky") == 5


def test_a_pad_probe_sees_every_frame():
    assert run_python(4).count("'grass'") == 5


def test_coco_and_polygons_are_written():
    if not can_import("cv2"):
        return
    printed = run_python(5)
    assert re.fullmatch(r"\d+ corners, and \d+ holes\n", printed), printed
    entry, = json.loads((PATH / "giraffe.json").read_text())
    assert entry["category_name"] == "giraffe" and entry["image_id"] == 1 and entry["area"] > 1000


def test_a_recording_is_read():
    printed = run_python(6).splitlines()
    assert printed[0].startswith("(48, 70, 3) (26, 38) background sky grass red "), printed
    assert printed[1] == "(0, 0, 70, 19) ['vocabulary', 'frame']", printed


def test_a_recording_is_exported_and_reported():
    document = (DEMO.parents[1] / "docs" / "recordings.md").read_text(encoding="utf-8")
    commands = [line for block in blocks("sh", document) for line in block.splitlines()
                if line.startswith(("naclip-export ", "naclip-report "))]
    assert len(commands) == 7
    if not can_import("PIL"):
        return
    os.environ["PATH"] = f"{DEMO.parents[1] / 'gst-plugin' / 'python' / 'bin'}:{os.environ['PATH']}"
    for command in commands:
        run(["sh", "-c", command])
        assert (PATH / command.split()[-1]).exists()


def test_the_programs_run():
    for command in blocks("sh")[0].splitlines():
        if "plot" not in command or can_import("matplotlib"):
            run(["sh", "-c", command])
            assert (PATH / re.search(r"shares\.(csv|png)", command)[0]).stat().st_size > 0


def test_every_example_is_tested():
    assert [len(blocks(language)) for language in ("python", "", "sh")] == [7, 3, 1]


need_decoders()
with FOLDER:
    PATH.mkdir()
    need_codecs()
    make_recording(PATH / "annotated.mkv", frames=30)
    os.symlink(DEMO.parent, PATH.parent / "examples")
    run_tests(globals())
