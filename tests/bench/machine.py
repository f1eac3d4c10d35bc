"""What a figure was measured on, in words."""

import datetime
import os
import pathlib
import re
import subprocess

from programs import ROOT

# Before anything was started here.
LOAD = os.getloadavg()
# Those that decide which kernels run.
FLAGS = (
    "avx2",
    "f16c",
    "avx512f",
    "avx512_vnni",
    "avx512_bf16",
    "amx_bf16",
    "asimd",
    "bf16",
    "sve",
)


def output_of(*command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def read(path):
    try:
        return pathlib.Path(path).read_text()
    except OSError:
        return ""


def field(text, name):
    found = re.search(rf"^{name}\s*[:=]\s*\"?([^\"\n]*)", text, re.M)
    return found.group(1).strip() if found else ""


def processor():
    about = read("/proc/cpuinfo")
    flags = (field(about, "flags") or field(about, "Features")).split()
    name = field(about, "model name") or os.uname().machine
    kind = field(about, "cpu family"), field(about, "model")
    if all(kind):
        name += f" (family {kind[0]}, model {kind[1]})"
    return name, [flag for flag in FLAGS if flag in flags]


def package_of(path):
    """ "libopenblas0-openmp 0.3.21" for a library of Debian's."""
    owner = output_of("dpkg-query", "-S", os.path.realpath(path)).split(":")[0]
    version = output_of("dpkg-query", "-W", "-f", "${Version}", owner) if owner else ""
    return f"{owner} {version}" if version else os.path.realpath(path)


def blas_of(process):
    """The BLAS that a running program has mapped."""
    paths = {line.split()[-1] for line in read(f"/proc/{process.pid}/maps").splitlines()}
    blas = sorted(path for path in paths if re.search(r"/lib(openblas|blas|mkl_rt)[^/]*\.so", path))
    return ", ".join(sorted({package_of(path) for path in blas})) or "none of its own"


def kernels_of(engine):
    """What OpenBLAS was told to take."""
    return f" with the kernels of {engine.facts['openblas']}" if engine.facts["openblas"] else ""


def commit():
    name = output_of("git", "rev-parse", "--short=12", "HEAD")
    changed = output_of("git", "status", "--porcelain", "--untracked-files=no")
    return (name or "unknown") + (" with changes" if changed else "")


def available_gigabytes():
    kilobytes = field(read("/proc/meminfo"), "MemAvailable").split()
    return int(kilobytes[0]) / 1e6 if kilobytes else 0


def engine_facts(threads, engine):
    """[(name, text)] of the machine and of the engine on it."""
    name, flags = processor()
    return [
        ("date", datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")),
        ("commit", commit()),
        ("processor", f"{name}, {os.cpu_count()} threads of it here; {' '.join(flags)}"),
        ("threads used", str(threads)),
        ("system", field(read("/etc/os-release"), "PRETTY_NAME")),
        ("engine", f"libtorch {engine.facts['torch']}, {engine.facts['compiler']}"),
        ("BLAS", blas_of(engine.process) + kernels_of(engine)),
        (
            "load before",
            " ".join(f"{load:.2f}" for load in LOAD) + " (processes, over 1, 5 and 15 minutes)",
        ),
    ]


def facts(threads, engine, baseline, merges):
    """As engine_facts(), and what the comparison is with."""
    return [
        *engine_facts(threads, engine),
        ("baseline", f"PyTorch {baseline.facts['torch']}, {baseline.facts['onednn']}"),
        ("GStreamer", output_of("pkg-config", "--modversion", "gstreamer-1.0") or "unknown"),
        ("sentences are cut into tokens", merges),
    ]
