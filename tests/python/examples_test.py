"""Runs the programs of examples/python on the demo's clip, and with input that they cannot use."""

import csv
import os
import pathlib
import struct
import subprocess
import sys
import tempfile

from segmented import DEMO, need_decoders
from support import numpy, run_tests

EXAMPLES = DEMO.parent / "python"
CLIP = DEMO / "clip.webm"
FAST = ["--set", "interval=100", "--set", "window-size=0", "--set", "refine-steps=0", "--set", "prompts=none"]
WORDS = "giraffe; sky #0000ff; grass; snow >0.99"  # the last one is never seen
FOLDER = tempfile.TemporaryDirectory()


def run(program, *arguments, without=None, **variables):
    """What a program of examples/python does; `without` is a module that it cannot import."""
    command = [sys.executable, EXAMPLES / program]
    if without:
        code = (f"import runpy, sys; sys.modules[{without!r}] = None; sys.path.insert(0, {str(EXAMPLES)!r}); "
                "sys.argv = sys.argv[1:]; runpy.run_path(sys.argv[0], run_name='__main__')")
        command = [sys.executable, "-c", code, EXAMPLES / program]
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return subprocess.run([*command, *arguments], env=environment | variables, capture_output=True, text=True)


def can_import(module):
    return subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True).returncode == 0


def out(name):
    return pathlib.Path(FOLDER.name) / name


def check_failure(done, *said):
    """It ended with one line that says why, and no traceback."""
    assert done.returncode == 1, done
    assert "Traceback" not in done.stderr and len(done.stderr.strip().splitlines()) == 1, done.stderr
    for words in said:
        assert words.lower() in done.stderr.lower(), done.stderr


def test_each_program_has_help():
    for program in "count_pixels.py", "plot_shares.py", "show.py":
        done = run(program, "--help")
        assert done.returncode == 0 and "usage:" in done.stdout and "--model" in done.stdout, done


def test_pixels_are_counted_frame_by_frame():
    written = run("count_pixels.py", CLIP, WORDS, *FAST, "--output", out("shares.csv"))
    assert written.returncode == 0, written.stderr
    rows = list(csv.reader(out("shares.csv").read_text().splitlines()))
    assert rows[0] == ["seconds", "background", "giraffe", "sky", "grass", "snow"]
    assert len(rows) == 301 and {len(row) for row in rows} == {6}
    shares = numpy.array(rows[1:], float)
    assert abs(shares[:, 1:].sum(axis=1) - 1).max() < 1e-5
    assert abs(shares[:, 0] - numpy.arange(300) / 25).max() < 0.002
    assert shares[0, 3] > 0.2 and shares[0, 4] > 0.2  # it begins with a meadow under the sky


def test_counts_go_to_standard_output_unless_told_otherwise():
    done = run("count_pixels.py", CLIP, "sky", *FAST)
    assert done.returncode == 0 and done.stdout.startswith("seconds,background,sky\n0.000,"), done


def test_shares_are_plotted():
    if not can_import("matplotlib"):
        print("not plotted: matplotlib is missing")
        return
    done = run("plot_shares.py", CLIP, WORDS, out("shares.png"), *FAST)
    assert done.returncode == 0, done.stderr
    picture = out("shares.png").read_bytes()
    assert picture[:8] == b"\x89PNG\r\n\x1a\n" and struct.unpack(">2I", picture[16:24]) == (1200, 600)
    if can_import("cv2"):
        import cv2

        pixels = cv2.imread(str(out("shares.png"))).reshape(-1, 3)
        assert (pixels == (255, 0, 0)).all(axis=1).mean() > 0.05  # BGR: the sky has the colour that it was given


def test_a_window_needs_a_display():
    if not can_import("cv2"):
        print("not shown: cv2 is missing")
        return
    check_failure(run("show.py", CLIP, WORDS), "no display")
    check_failure(run("show.py", CLIP, WORDS, "--opacity", "2"), "--opacity is 0 to 1, not 2")


def test_missing_packages_are_named():
    check_failure(run("count_pixels.py", CLIP, WORDS, without="numpy"), "python3-numpy")
    check_failure(run("plot_shares.py", CLIP, WORDS, out("none.png"), without="matplotlib"), "python3-matplotlib")
    check_failure(run("show.py", CLIP, WORDS, without="cv2"), "python3-opencv")
    check_failure(run("count_pixels.py", CLIP, WORDS, without="gi"), "python3-gi")


def check_failure_unless_installed(done, *said):
    """The same for what an installed gst-naclip would hide."""
    if done.returncode == 0:
        print("not tested: gst-naclip is installed")
    else:
        check_failure(done, *said)


def test_the_module_is_named_where_it_is_not_found():
    done = run("count_pixels.py", CLIP, "sky", *FAST, PYTHONPATH="")
    check_failure_unless_installed(done, "PYTHONPATH", "naclip and gi/overrides/GstNaclip.py")


def test_bad_input_is_named():
    no_video = out("no.webm")
    no_video.write_text("this is no video")
    for arguments, said in [
            ([out("absent.webm"), WORDS], ["there is no file", "absent.webm"]),
            ([no_video, WORDS], ["could not determine type"]),
            ([CLIP, ""], ["vocabulary"]),
            ([CLIP, WORDS, "--model", out("absent.safetensors")], ["absent.safetensors"]),
            ([CLIP, WORDS, "--set", "interval"], ["--set takes NAME=VALUE", "not interval"]),
            ([CLIP, WORDS, "--set", "speed=9"], ['no property "speed"']),
            ([CLIP, WORDS, "--set", "interval=often"], ["interval is a whole number", "often"]),
            ([CLIP, WORDS, "--set", "model=ViT-B/16"], ["--set takes NAME=VALUE", "model"]),
            ([CLIP, WORDS, "--output", out("no folder") / "shares.csv"], ["no folder/shares.csv"])]:
        check_failure(run("count_pixels.py", *arguments, *(FAST if "--output" in arguments else [])), *said)
    check_failure(run("plot_shares.py", CLIP, WORDS, out("shares.jpg")), ".png")


def test_the_element_is_named_where_the_plugin_is_not_found():
    done = run("count_pixels.py", CLIP, "sky", *FAST, GST_PLUGIN_PATH="", GST_REGISTRY=str(out("registry.bin")))
    check_failure_unless_installed(done, 'no element "naclipsegment"')


need_decoders()
with FOLDER:
    run_tests(globals())
