"""How long gst-launch-1.0 takes to the end of its first frame, with words that are kept on disk, and what of that is the engine's
libraries. As report.py has it: {measure: {"seconds": [...], "repeats": N}}."""

import os
import subprocess
import time

from programs import PYTHON, Failed

SOURCE = "videotestsrc num-buffers=1 ! video/x-raw,width=1280,height=720,framerate=25/1"
OPEN = "import ctypes, sys, time; begin = time.perf_counter(); ctypes.CDLL(sys.argv[1]); print(time.perf_counter() - begin)"


def measure(build, folder, rounds, precision="auto"):
    engine = str(build / "model" / "libnaclip.so.0")
    environment = os.environ | {
        "GST_PLUGIN_PATH": str(build / "gst-plugin"),
        "GST_REGISTRY": str(folder / "registry.bin"),
        "NACLIP_ENGINE": engine,
    }
    segment = (
        f"naclipsegment model={folder}/model.safetensors vocabulary-file={folder}/words-21.vocabulary "
        f"cache-dir={folder}/words window-size=0 refine=none precision={precision}"
    )

    def launch(element):
        begin = time.perf_counter()
        line = f"gst-launch-1.0 -q {SOURCE} ! {element} ! fakesink"
        status = subprocess.run(line.split(), env=environment, stdout=subprocess.DEVNULL).returncode
        if status != 0:
            raise Failed(f"{line} ended with status {status}")
        return time.perf_counter() - begin

    def open_engine():
        done = subprocess.run([PYTHON, "-c", OPEN, engine], capture_output=True, text=True, check=True)
        return float(done.stdout)

    launch(segment)  # encodes the words, and has the registry written
    found = {"startup": [], "startup-identity": [], "startup-libraries": []}
    for _ in range(rounds):
        found["startup"].append(launch(segment))
        found["startup-identity"].append(launch("identity"))
        found["startup-libraries"].append(open_engine())
    return {name: {"seconds": seconds, "repeats": rounds} for name, seconds in found.items()}
