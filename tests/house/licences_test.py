#!/usr/bin/env python3
"""Checks that REUSE.toml and debian/copyright say the same.

    licences_test.py PROJECT_FOLDER
"""
import pathlib
import re
import sys
import tomllib

DEBIAN = {"MIT": "Expat", "GPL-2.0-only": "GPL-2", "Apache-2.0": "Apache-2.0"}


def as_list(value):
    return [value] if isinstance(value, str) else value


def of_reuse(text):
    """{(path...): (licence, copyrights)}"""
    return {tuple(sorted("*" if path == "**" else path for path in as_list(entry["path"]))):
            (DEBIAN[entry["SPDX-License-Identifier"]], as_list(entry["SPDX-FileCopyrightText"]))
            for entry in tomllib.loads(text)["annotations"]}


def of_debian(text):
    found = {}
    for paragraph in text.split("\n\n"):
        fields = dict(re.findall(r"^([A-Za-z-]+): *(.*(?:\n .*)*)", paragraph, re.MULTILINE))
        if "Files" in fields:
            copyrights = [line.strip() for line in fields["Copyright"].splitlines()]
            found[tuple(sorted(fields["Files"].split()))] = (fields["License"], copyrights)
    return found


def main(folder):
    root = pathlib.Path(folder)
    reuse = of_reuse((root / "REUSE.toml").read_text(encoding="utf-8"))
    debian = of_debian((root / "debian/copyright").read_text(encoding="utf-8"))
    problems = [f"{' '.join(files)}: REUSE.toml has {reuse.get(files)}, debian/copyright {debian.get(files)}"
                for files in sorted(reuse.keys() | debian.keys()) if reuse.get(files) != debian.get(files)]
    problems += [f"{path}: there is no such file" for files in reuse for path in files if not any(root.glob(path))]
    print("\n".join(problems) or f"{len(reuse)} entries of REUSE.toml are in debian/copyright")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
