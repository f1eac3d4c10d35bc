"""What the tests of pipelines/archive-* have in common: an archive of 20 tasks on the tests' tiny model, and a program
that stands before naclip-archive, notes what it is asked for and can be killed in the middle of a task.

Two tasks take seconds and come first, one is of a broken file, and the others are chunks of two videos.
"""

import faulthandler
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests" / "python"))

from recorded import need_codecs  # noqa: E402
from small import GOLDEN, WORDS, make_clip, make_file, naclip  # noqa: E402
from support import skip  # noqa: E402, F401

PIPELINES = ROOT / "pipelines"
PROGRAM = ROOT / "gst-plugin" / "python" / "bin" / "naclip-archive"
VIDEOS = ["a-long.mkv", "b-long.mkv", "broken.mkv", "c.mkv", "d.mkv"]
TASKS, BROKEN = 20, 2
PATIENCE = 300  # seconds: the machine may be busy
faulthandler.dump_traceback_later(840)  # a minute before meson ends a test: where it waits

_LONG = ("videotestsrc pattern=ball num-buffers=900 ! video/x-raw,format=I420,width=70,height=48,framerate=25/1 "
         "! vp8enc deadline=1 cpu-used=8 keyframe-max-dist=9999 ! matroskamux")
# The files beside it: `calls` has a line of each call. Where `hold-N` is, the first run of part N, which is task N, is
# stopped in the middle, and `held-N` says on which node; once there is `kill-N`, it is killed.
_STAND_IN = '''#!/usr/bin/python3
import json, os, pathlib, signal, subprocess, sys, time
folder, program, arguments = pathlib.Path(__file__).parent, {program!r}, sys.argv[1:]
with open(folder / "calls", "a") as calls:
    print(*arguments, os.environ.get("CUDA_VISIBLE_DEVICES", "-"), os.environ.get("HOST", "-"), file=calls)
part = arguments[3].split("/")[0] if "--part" in arguments else None
try:
    (folder / f"hold-{{part}}").rename(folder / f"holds-{{part}}")
except FileNotFoundError:
    os.execv(sys.executable, [sys.executable, program, *arguments])
task = subprocess.Popen([sys.executable, program, *arguments])
tasks = pathlib.Path(arguments[1])
name = json.loads(tasks.read_text().splitlines()[int(part)])["name"]
while not any(path.stat().st_size for path in (tasks.parent / "chunks" / name).glob("*.part")):
    assert task.poll() is None, "the task was over before it could be stopped"
    time.sleep(0.005)
task.send_signal(signal.SIGSTOP)
(folder / f"held-{{part}}.new").write_text(os.environ.get("SLURMD_NODENAME", ""))
(folder / f"held-{{part}}.new").rename(folder / f"held-{{part}}")
while not (folder / f"kill-{{part}}").exists():
    time.sleep(0.05)
task.kill()
sys.exit(128 - task.wait())
'''


class Archive:
    """Videos, and folders of tasks of them."""

    def __init__(self):
        need_codecs("vp8enc", "vp8dec")
        self._folder = tempfile.TemporaryDirectory()
        self.folder = pathlib.Path(self._folder.name)
        self.videos = self.folder / "some videos"
        self.videos.mkdir()
        for name in VIDEOS[:2]:
            make_file(self.videos / name, _LONG)
        (self.videos / "broken.mkv").write_bytes(bytes(range(256)) * 100)
        make_clip(self.videos / "c.mkv", 8 * 25)
        make_clip(self.videos / "d.mkv", 9 * 25)
        (self.folder / "words.txt").write_text(WORDS)
        self.model = self.folder / "model.safetensors"
        self.model.write_bytes((GOLDEN / "tiny-openai.safetensors").read_bytes())
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        stand_in = self.bin / "naclip-archive"
        stand_in.write_text(_STAND_IN.format(program=str(PROGRAM)))
        stand_in.chmod(0o755)

    def run(self, *arguments, **environment):
        """Runs a command, with the program that stands before naclip-archive on PATH. Its output is one text, as a user
        sees it."""
        path = f"{self.bin}:{os.environ['PATH']}"
        return subprocess.run([str(argument) for argument in arguments], env={**os.environ, "PATH": path, **environment},
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE)

    def program(self, *arguments):
        """Runs naclip-archive itself."""
        return self.run(sys.executable, PROGRAM, *arguments)

    def plan(self, name):
        """A folder with the tasks."""
        output = self.folder / name
        settings = {"merges": GOLDEN / "mini-bpe.txt.gz", "input-size": 80, "window-size": 0, "refine-steps": 0,
                    "prompts": "none"}
        options = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        done = self.program("plan", self.videos, "--chunk", "1", "--output", output, "--model", self.model,
                            "--vocabulary-file", self.folder / "words.txt", *options)
        assert done.returncode == 0, done.stdout
        lines = [json.loads(line) for line in (output / "tasks.jsonl").read_text().splitlines()]
        assert [line["name"] for line in lines] == VIDEOS[:3] + ["c.mkv"] * 8 + ["d.mkv"] * 9, done.stdout
        return output

    def unbroken(self):
        """A folder whose tasks one process did, merged."""
        output = self.plan("unbroken")
        # Two streams share batches, which moves a confidence by the last digit that messages have.
        assert self.program("run", output, "--all", "--streams", 1).returncode == 65
        merge(self, output)
        return output

    def hold(self, part):
        """The next run of this part will stop in the middle."""
        (self.bin / f"hold-{part}").touch()

    def held(self, part):
        """Waits until it does; the node that it is on."""
        path = self.bin / f"held-{part}"
        wait_until(path.exists, f"part {part} is in the middle")
        return path.read_text()

    def kill(self, part):
        (self.bin / f"kill-{part}").touch()

    def calls(self):
        """The words of each call of naclip-archive by an engine, and what CUDA_VISIBLE_DEVICES and HOST were; forgets
        them."""
        path = self.bin / "calls"
        calls = [line.rsplit(" ", 2) for line in path.read_text().splitlines()] if path.exists() else []
        path.unlink(missing_ok=True)
        return calls


def wait_until(is_so, what, patience=PATIENCE):
    deadline = time.monotonic() + patience
    while not is_so():
        assert time.monotonic() < deadline, f"{what}: not so after {patience} s"
        time.sleep(0.1)


def manifests(output):
    """All manifests by their paths, as bytes."""
    return {str(path.relative_to(output)): path.read_bytes() for path in output.glob("chunks/*/*.json")
            if path.name != "merged.json"}


def times_done(text):
    """How often each task was computed to its end, from what naclip-archive printed."""
    found = re.findall(r"^(\S+ \d{5}): \d+ frames", text, re.MULTILINE)
    return {title: found.count(title) for title in found}


def check_done_once(output, text, untold=0):
    """All tasks are done but the broken one, each was computed to its end once, and nothing else is left. The text may
    lack some of them."""
    states = [json.loads(content)["state"] for content in manifests(output).values()]
    assert sorted(states) == ["done"] * (TASKS - 1) + ["failed"], states
    done = times_done(text)
    assert TASKS - 1 - untold <= len(done) < TASKS and set(done.values()) == {1}, text
    left = [str(path) for suffix in ("part", "lock") for path in output.rglob(f"*.{suffix}")]
    assert not left, left


def merge(archive, output):
    """Merges, and sees that the gap is told."""
    done = archive.program("merge", output)
    assert done.returncode == 1, done.stdout
    gaps = [line for line in done.stdout.splitlines() if "is missing" in line]
    assert len(gaps) == 1 and "broken.mkv" in gaps[0], done.stdout


def _content(output, name):
    """Times, masks, and messages but for the time on the clock."""
    lines = [json.loads(line) for line in (output / f"{name}.jsonl").read_text().splitlines()]
    frames = [(frame.pts, frame.labels().tobytes()) for frame in naclip.recording(output / f"{name}.mkv")]
    return [{key: value for key, value in line.items() if key != "time"} for line in lines], frames


def check_equal(output, expected):
    """Two merged folders have the same labels and messages."""
    for name in VIDEOS:
        if name != "broken.mkv":
            found = _content(output, name)
            assert len(found[1]) >= 200 and found == _content(expected, name), name
