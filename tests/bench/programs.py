"""Starts the programs that time stages and asks them, one request at a time."""

import json
import os
import pathlib
import shutil
import statistics
import subprocess

PYTHON = "/usr/bin/python3"  # the one that Debian's python3-torch is for
HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]


PRECISIONS = "float32", "bfloat16", "int8"  # the last where the machine and the build have it


class Failed(Exception):
    """A program that died; its own words went to the standard error output."""


def environment(threads):
    """The same number of threads for all, whichever library they belong to."""
    kept = {name: value for name, value in os.environ.items() if name != "OMP_WAIT_POLICY"}
    return {**kept, "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": str(threads)}


class Program:
    """One that answers lines `STAGE name=value...` with lines of JSON. It checks itself first."""

    def __init__(self, command, threads, **more):
        self.command = [str(word) for word in command]
        self.process = subprocess.Popen(
            self.command,
            env={**environment(threads), **more},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.facts = self.answer()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            pass
        self.process.stdout.close()
        self.process.wait()

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"{self.command[-2]} ended with status {self.process.wait()}")
        return json.loads(line)

    def ask(self, stage, **settings):
        words = [stage, *(f"{name}={value}" for name, value in settings.items())]
        try:
            self.process.stdin.write(" ".join(words) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # answer() tells how it ended
        return self.answer()


def precisions_of(engine):
    """Those of an engine's program."""
    return PRECISIONS if engine.facts["int8"] == 1 else PRECISIONS[:2]


def engine(build, folder, threads):
    return Program([build / "tests" / "bench" / "engine-benchmark", folder], threads)


def baseline(folder, engine, threads):
    """With those of OpenBLAS's kernels that the engine has."""
    core = engine.facts["openblas"]
    more = {"OPENBLAS_CORETYPE": core} if core else {}
    return Program([PYTHON, HERE / "baseline.py", folder], threads, **more)


def lines_of(command, threads, key="stage", **more):
    """{its `key`: answer} of a program that prints its figures and ends."""
    environ = {**environment(threads), **{name: str(value) for name, value in more.items()}}
    done = subprocess.run(
        [str(word) for word in command], env=environ, stdout=subprocess.PIPE, text=True
    )
    if done.returncode != 0:
        raise Failed(f"{command[0]} ended with status {done.returncode}")
    answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return {answer[key]: answer for answer in answers}


def quartiles(numbers):
    if len(numbers) == 1:
        return [numbers[0]] * 3
    return statistics.quantiles(numbers, n=4, method="inclusive")


def missing():
    """What the baseline or its inputs cannot do without; "" where all is there."""
    done = subprocess.run([PYTHON, "-c", "import torch, numpy"], capture_output=True, text=True)
    if done.returncode != 0:
        return f"{PYTHON} has no torch: apt-get install python3-torch python3-numpy"
    if shutil.which("gst-launch-1.0") is None:
        return "there is no gst-launch-1.0: apt-get install gstreamer1.0-tools"
    return ""
