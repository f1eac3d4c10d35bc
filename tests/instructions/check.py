#!/usr/bin/env python3
"""Counts the instructions of one kernel with callgrind and compares them with its ceiling.

  check.py PROGRAM CEILINGS KERNEL

Times on a busy machine say nothing; instructions are the same every time. valgrind shows programs no
AVX-512, so what is counted are the kernels as they run on a processor with AVX2. Ends with 77 (skipped)
where there is no valgrind.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

SKIPPED = 77


def ceilings(path):
    """{kernel: most instructions a unit}"""
    table = {}
    for line in open(path, encoding="utf-8"):
        words = line.split("#")[0].split()
        if words:
            table[words[0]] = float(words[1])
    return table


def valgrind_command(program, kernel, out):
    return [
        "valgrind", "--tool=callgrind", "--instr-atstart=no", f"--callgrind-out-file={out}",
        program, kernel,
    ]


def instructions(path):
    """The sum over all of a callgrind.out file."""
    found = re.findall(r"^(?:summary|totals): *(\d+)", open(path, encoding="utf-8").read(), re.M)
    if not found:
        raise SystemExit(f"{path} holds no sum of instructions")
    return max(int(number) for number in found)


def main():
    program, table, kernel = sys.argv[1:]
    if shutil.which("valgrind") is None:
        print("skipped: valgrind is not installed")
        return SKIPPED
    ceiling = ceilings(table)[kernel]
    with tempfile.TemporaryDirectory() as folder:
        out = os.path.join(folder, "callgrind.out")
        done = subprocess.run(
            valgrind_command(program, kernel, out),
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )
        if done.returncode == SKIPPED:
            print("skipped:", done.stdout.strip())
            return SKIPPED
        units = re.search(r"^units (\d+)$", done.stdout, re.M)
        if done.returncode != 0 or units is None:
            print(done.stdout, done.stderr, sep="\n")
            return 1
        count = instructions(out) / int(units[1])
    print(f"{kernel}: {count:.2f} instructions a unit, ceiling {ceiling:g} ({count / ceiling:.0%})")
    if 0 < count <= ceiling:
        return 0
    profile = " ".join(valgrind_command(program, kernel, "callgrind.out"))
    print(f"""
{kernel} takes more instructions than it may. Where they go:
  {profile}
  callgrind_annotate callgrind.out
Where the change is worth them, raise the ceiling to about {count * 1.25:.3g} in
  {table}
and say why in the commit.""")
    return 1


if __name__ == "__main__":
    sys.exit(main())
