"""OpenBLAS computes with kernels for this processor beside the plugin, also where it is older than the processor."""

import ctypes
import importlib
import os
import re
import subprocess
import sys

# Of x86-64, without AVX2.
OLD = {"Prescott", "Core2", "Penryn", "Dunnington", "Nehalem", "Atom", "Opteron", "Barcelona", "Bobcat", "Sandybridge",
       "Bulldozer", "Piledriver", "Steamroller"}


def kernels(first):
    """The name that OpenBLAS has for what it takes in a new process with the plugin, where `first` is imported before; ""
    where there is no OpenBLAS."""
    command = [sys.executable, __file__, first]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def print_kernels(first):
    importlib.import_module(first)
    import gi

    gi.require_version("Gst", "1.0")
    from gi.repository import Gst

    Gst.init(None)
    assert Gst.ElementFactory.make("naclipsegment")
    with open("/proc/self/maps", encoding="utf-8") as maps:
        found = re.search(r"/\S*/libopenblas\S*\.so\S*", maps.read())
    if found:
        corename = ctypes.CDLL(found[0]).openblas_get_corename
        corename.restype = ctypes.c_char_p
        print(corename().decode())


def main():
    with open("/proc/cpuinfo", encoding="utf-8") as about:
        if not re.search(r"^flags\s*:.*\bavx2\b", about.read(), re.MULTILINE):
            print("the processor has no AVX2")
            return 77
    if not kernels("gi"):
        print("the BLAS is not OpenBLAS")
        return 77
    for first in "gi", "naclip._gstreamer":  # which brings NumPy
        os.environ.pop("OPENBLAS_CORETYPE", None)
        assert kernels(first) not in OLD, (first, kernels(first))
        # What a user chose stays.
        os.environ["OPENBLAS_CORETYPE"] = "Nehalem"
        assert kernels(first) == "Nehalem", (first, kernels(first))
    return 0


if __name__ == "__main__":
    sys.exit(print_kernels(sys.argv[1]) if sys.argv[1:] else main())
