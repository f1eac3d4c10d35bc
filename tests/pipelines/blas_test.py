"""Runs check-blas.sh with an update-alternatives that tells of other systems."""

import pathlib
import subprocess
import sys
import tempfile

SCRIPT = sys.argv[1]
LINK = "libblas.so.3-x86_64-linux-gnu"
FOLDER = "/usr/lib/x86_64-linux-gnu"
FAST, SLOW = f"{FOLDER}/openblas-openmp/libblas.so.3", f"{FOLDER}/blas/libblas.so.3"


def said(chosen, choices):
    """What the script says where the link is `chosen`."""
    with tempfile.TemporaryDirectory() as folder:
        tool = pathlib.Path(folder) / "update-alternatives"
        tool.write_text(f"""#!/bin/sh
case $1 in
  --get-selections) echo "awk auto /usr/bin/mawk"; echo "{LINK} auto {chosen}" ;;
  --query) printf 'Name: %s\\nValue: %s\\n' "$2" {chosen} ;;
  --list) printf '%s\\n' {" ".join(choices)} ;;
esac
exit {0 if choices else 2}
""")
        tool.chmod(0o755)
        done = subprocess.run(["sh", SCRIPT], env={"PATH": f"{folder}:/usr/bin:/bin"}, capture_output=True, text=True)
        assert done.returncode == 0 and done.stdout == "", done
        return done.stderr


assert said(FAST, [FAST, SLOW]) == ""
slow = said(SLOW, [FAST, SLOW])
assert f"{LINK} is {SLOW}" in slow and f"update-alternatives --set {LINK} {FAST}" in slow, slow
missing = said(SLOW, [SLOW])
assert "apt-get install libopenblas0-openmp" in missing and "--set" not in missing, missing
# Where the tool itself fails, the installation of a package that runs the script must not.
said(SLOW, [])
