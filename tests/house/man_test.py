#!/usr/bin/env python3
"""Compares a man page with what the program itself says.

    man_test.py PAGE PROGRAM [PYTHON]

Each option that --help lists, with its short form and its argument, stands in the page, and no other. So do the
commands that --help lists, with the options of their own --help. The page formats without warnings, by groff and by
mandoc, those of them that are installed. A program that runs by PYTHON is skipped (77) where it lacks a module.
"""
import os
import pathlib
import re
import shutil
import subprocess
import sys

OPTION = re.compile(r"^  (-.*?)(?:  .*)?$", re.MULTILINE)  # what it does is two blanks or more behind
COMMANDS = re.compile(r"^Commands:\n((?:  .*\n)+)", re.MULTILINE)
COMMAND = re.compile(r"^  ([a-z]+)", re.MULTILINE)
TAG = re.compile(r"^\.TP\n(.*)$", re.MULTILINE)
FORMATTERS = {"groff": ["-man", "-Tutf8", "-ww", "-z"], "mandoc": ["-Tlint", "-W", "warning"]}
SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "EXAMPLES", "SEE ALSO"]
MISSING = re.compile("needed are|No module named '(?!naclip)")  # modules of others
PATIENCE = 300  # seconds


class Skipped(Exception):
    pass


def run(arguments):
    environment = os.environ | {"LC_ALL": "C.UTF-8", "COLUMNS": "200"}
    done = subprocess.run(arguments, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE,
                          env=environment)
    return done.returncode, done.stdout, done.stderr


def help_of(program):
    status, text, errors = run([*program, "--help"])
    if status != 0 and MISSING.search(errors):
        raise Skipped(errors.strip())
    if status != 0 or not text:
        sys.exit(f"{' '.join(program)} --help ends with {status}: {errors}")
    return text


def written_alike(option):
    """An option as GOption and argparse write it: '-s, --source=SOURCE', '--output FOLDER'."""
    return re.sub(r"(--[a-z-]+)=", r"\1 ", option.strip())


def said_by(program):
    """The commands and options of a program's help, and the options of its commands."""
    text = help_of(program)
    options = {written_alike(option) for option in OPTION.findall(text)}
    commands = set()
    if found := COMMANDS.search(text):
        commands = set(COMMAND.findall(found[1]))
    for command in sorted(commands):
        options |= {written_alike(option) for option in OPTION.findall(help_of([*program, command]))}
    return commands, options


def without_fonts(line):
    return re.sub(r"\\f.", "", line).replace("\\-", "-").replace("\\&", "").strip()


def sections_of(page):
    parts = re.split(r"^\.SH (.*)$", page, flags=re.MULTILINE)
    return dict(zip([name.strip('"') for name in parts[1::2]], parts[2::2]))


def check_text(path, program):
    page = path.read_text(encoding="utf-8")
    sections = sections_of(page)
    problems = [f"no section {name}" for name in SECTIONS if name not in sections]
    commands, options = said_by(program)
    tags = [without_fonts(tag) for name in ("COMMANDS", "OPTIONS") for tag in TAG.findall(sections.get(name, ""))]
    shown = {written_alike(tag) for tag in tags if tag.startswith("-")}
    shown_commands = {tag.split()[0] for tag in tags if not tag.startswith("-")}
    for kind, said, written in (("option", options, shown), ("command", commands, shown_commands)):
        problems += [f"{kind} of --help, but not in the page: {one}" for one in sorted(said - written)]
        problems += [f"{kind} of the page, but not in --help: {one}" for one in sorted(written - said)]
    # What examples and sentences name.
    known = {name for option in options for name in re.findall(r"(?<![\w-])--?[A-Za-z][a-z-]*", option)}
    name = path.stem
    for line in sections.get("EXAMPLES", "").replace("\\e\n", "").splitlines():
        if re.match(rf"\.?B? ?{name}\b", line):
            used = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", without_fonts(line)))
            problems += [f"example with an option that is not in --help: {one}" for one in sorted(used - known)]
    if not options:
        problems.append("--help lists no option: this test does not understand it")
    return problems


def check_format(path):
    problems, used = [], []
    for name, arguments in FORMATTERS.items():
        if shutil.which(name) is None:
            continue
        used.append(name)
        status, text, errors = run([name, *arguments, str(path)])
        if status != 0 or text or errors:
            problems.append(f"{name}: {(text + errors).strip() or status}")
    print(f"formatted by {' and '.join(used)}" if used else "not formatted: neither groff nor mandoc is installed")
    return problems


def main(page, *program):
    path = pathlib.Path(page)
    problems = check_format(path)
    try:
        problems += check_text(path, list(program[1:] + program[:1]))
    except Skipped as why:
        print(why)
        if not problems:
            return 77
    print("\n".join(f"{path.name}: {one}" for one in problems) or f"{path.name} has what --help lists")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
