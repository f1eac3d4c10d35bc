"""The package naclip on the tests' tiny model, fast, and files of its own: what its masks say does not matter here."""

import pathlib

from segmented import check_end
from support import Gst, needed, skip

naclip = needed("naclip")
GOLDEN = pathlib.Path(__file__).parents[1] / "data" / "golden"
SETTINGS = {"model": str(GOLDEN / "tiny-openai.safetensors"), "merges": GOLDEN / "mini-bpe.txt.gz", "input_size": 80,
            "window_size": 0, "refine_steps": 0, "prompts": "none"}
WORDS = "sky; grass; red apple"
WIDTH, HEIGHT, FRAMES = 70, 48, 12  # 70 * 3 bytes are no whole number of words


def make_file(path, launch):
    """Writes what `launch` gives."""
    try:
        pipeline = Gst.parse_launch(f"{launch} ! filesink name=file")
    except Exception as missing:
        skip(missing)
    pipeline.get_by_name("file").set_property("location", str(path))
    pipeline.set_state(Gst.State.PLAYING)
    check_end(pipeline)
    pipeline.set_state(Gst.State.NULL)


def make_clip(path, frames=FRAMES):
    """Writes a video of raw RGB pictures, each another one."""
    make_file(path, f"videotestsrc pattern=ball num-buffers={frames} "
                    f"! video/x-raw,format=RGB,width={WIDTH},height={HEIGHT},framerate=25/1 ! matroskamux")
