#!/usr/bin/env python3
"""Carries a Containerfile out in chroots, where there is no container engine, and runs its entry point.

    containerfile.py FILE CONTEXT FOLDER BASE... -- VOLUME:PATH ARGUMENT...

Each BASE is a Debian in a folder, of which the stages begin with copies, in the order of the file. The stages are left in
FOLDER: 0, 1, ... VOLUME is a folder that the entry point finds, copied, as PATH. It knows the instructions that our file has,
and stops at any other. It fails where the image would run as root, or has a model inside. Needs root.
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

MODELS = {".safetensors", ".pt"}
# Where a BASE has a compiler's cache.
BUILD_VARIABLES = {"PATH": "/usr/lib/ccache:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                   "CCACHE_DIR": "/root/.cache/ccache", "CCACHE_SLOPPINESS": "pch_defines,time_macros"}
# The command runs as the image's user, with proc as in a container.
RUNNER = """mount -t proc proc "$0/proc" && mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm" && exec chroot --userspec="$1" "$0" sh -c '
  cd "$0" && exec "$@"' "$2" env -i "${@:3}" """


class Stage:
    def __init__(self, base, root):
        subprocess.run(["rm", "-rf", root], check=True)
        subprocess.run(["cp", "-a", base, root], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        self.root, self.user, self.folder = root, "root", "/"
        self.variables = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"}
        self.entry_point, self.arguments = [], []

    def inside(self, path):
        return self.root / os.path.normpath(os.path.join(self.folder, path)).lstrip("/")

    def run(self, command, more=None):
        home = {"HOME": "/root" if self.user == "root" else f"/home/{self.user}"}
        variables = [f"{name}={value}" for name, value in {**home, **self.variables, **(more or {})}.items()]
        subprocess.run(["unshare", "--mount", "bash", "-c", RUNNER, self.root, self.user, self.folder, *variables, *command],
                       check=True)

    def copy(self, sources, target):
        target = self.inside(target)
        target.mkdir(parents=True, exist_ok=True)
        for source in sources:
            subprocess.run(["cp", "-a", f"{source}/.", target], check=True)


def instructions(path):
    text = "".join(line for line in path.read_text().splitlines(True) if not line.startswith("#"))
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip():
            name, _, rest = line.strip().partition(" ")
            yield name, rest.strip()


def carry_out(path, context, folder, bases):
    stages, named = [], {}
    for name, rest in instructions(path):
        print(f"--- {name} {rest}", flush=True)
        if name == "FROM":
            image, *alias = shlex.split(rest)
            if not bases:
                sys.exit(f"no BASE is left for {image}")
            stages.append(Stage(bases.pop(0), folder / str(len(stages))))
            if alias:
                named[alias[1]] = stages[-1]
            continue
        stage = stages[-1]
        if name == "WORKDIR":
            stage.folder = rest
            stage.inside("").mkdir(parents=True, exist_ok=True)
        elif name == "COPY":
            *sources, target = shlex.split(rest)
            if sources[0].startswith("--from="):
                origin = named[sources.pop(0).removeprefix("--from=")]
                stage.copy([origin.root / source.lstrip("/") for source in sources], target)
            else:
                stage.copy([context / source for source in sources], target)
        elif name == "RUN":
            stage.run(["sh", "-c", rest], BUILD_VARIABLES)
        elif name == "USER":
            stage.user = rest
        elif name == "ENV":
            stage.variables.update(item.split("=", 1) for item in shlex.split(rest))
        elif name == "ENTRYPOINT":
            stage.entry_point = json.loads(rest)
        elif name == "CMD":
            stage.arguments = json.loads(rest)
        elif name not in ("VOLUME", "STOPSIGNAL"):
            sys.exit(f"{path}: this script does not know {name}")
    return stages[-1]


def main(arguments):
    end = arguments.index("--")
    path, context, folder, *bases = [pathlib.Path(argument).absolute() for argument in arguments[:end]]
    volume, *given = arguments[end + 1:]
    image = carry_out(path, context, folder, bases)
    if image.user in ("root", "0"):
        sys.exit(f"{path}: the image would run as root")
    models = [str(file) for file in image.root.rglob("*") if file.suffix in MODELS]
    if models:
        sys.exit(f"the image has models inside: {' '.join(models)}")
    source, target = volume.split(":")
    image.copy([source], target)
    for words in (image.arguments, given):
        print("---", *image.entry_point, *words, flush=True)
        image.run([*image.entry_point, *words])


if __name__ == "__main__":
    main(sys.argv[1:])
