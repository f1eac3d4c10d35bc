"""Runs install-dependencies.sh as if it were on other systems where everything is missing, with an apt-get that only
says what it was asked for."""

import pathlib
import subprocess
import sys
import tempfile

SCRIPT = pathlib.Path(sys.argv[1]).read_text()
CLANG_14 = {"clang-format-14", "clang-tidy-14"}


def run(os_release, packages):
    """What the script says of the system, and the packages that it installs there."""
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        (root / "os-release").write_text(os_release)
        assert SCRIPT.count("/etc/os-release") == 1
        (root / "script").write_text(SCRIPT.replace("/etc/os-release", f"{root}/os-release"))
        for name, body in {
            "dpkg-query": "exit 1",
            "apt-get": f'[ "$1" = update ] || echo "$@" >{root}/asked',
            "sudo": '[ "$1" = -n ] && shift; "$@"',
            "update-alternatives": "",
        }.items():
            (root / name).write_text(f"#!/bin/sh\n{body}\n")
            (root / name).chmod(0o755)
        done = subprocess.run(["sh", root / "script", packages], env={"PATH": f"{root}:/usr/bin:/bin"},
                              capture_output=True, text=True, check=True)
        said = [line for line in done.stderr.splitlines() if "installing" not in line]
        return said, {word for word in (root / "asked").read_text().split() if not word.startswith("-")}


for release in "12", "13":
    said, asked = run(f'ID=debian\nVERSION_ID="{release}"\n', "build")
    assert said == [] and "libgstreamer1.0-dev" in asked, (said, asked)

said, asked = run('ID=debian\nPRETTY_NAME="Debian GNU/Linux forky/sid"\nVERSION_CODENAME=forky\n', "build")
assert len(said) == 1 and "this is Debian testing or unstable" in said[0], said
assert "libgstreamer1.0-dev" in asked, asked

said, _ = run('ID=ubuntu\nVERSION_ID="26.04"\n', "build")
assert len(said) == 1 and "this is ubuntu 26.04, not Debian 12 or 13" in said[0], said

# Debian 12 alone has version 14 of these, which is what the style is checked with.
said, asked = run('ID=debian\nVERSION_ID="12"\n', "checks")
assert said == [] and CLANG_14 < asked, (said, asked)
said, asked = run('ID=debian\nVERSION_ID="13"\n', "checks")
assert not CLANG_14 & asked and "debootstrap" in asked, asked
assert len(said) == 1 and "clang-format 14" in said[0], said
