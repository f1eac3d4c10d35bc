"""A pipeline with naclipsegment on the demo's model, small and fast: what its masks say does not matter here."""

import pathlib

from support import Gst, skip

DEMO = pathlib.Path(__file__).parents[2] / "examples" / "demo"


def make_pipeline(frames, settings="", sink="appsink name=sink sync=false max-buffers=4"):
    """Test pictures of 64 x 48 through naclipsegment, named segment, to a sink."""
    pipeline = Gst.parse_launch(
        f"videotestsrc pattern=smpte num-buffers={frames} ! video/x-raw,width=64,height=48,framerate=25/1 "
        f"! naclipsegment name=segment input-size=64 window-size=0 refine-steps=0 prompts=none {settings} ! {sink}")
    segment = pipeline.get_by_name("segment")
    segment.set_property("model", str(DEMO / "model.safetensors"))
    segment.set_property("vocabulary", "sky; grass; red apple")
    return pipeline


def need_decoders():
    """Skips a test of the demo's clip where nothing decodes it."""
    for name in "matroskademux", "vp9dec":
        if Gst.ElementFactory.find(name) is None:
            skip(f"there is no {name}")


def frames_of(pipeline):
    """Plays a pipeline to its end; its buffers, one after the other."""
    sink = pipeline.get_by_name("sink")
    pipeline.set_state(Gst.State.PLAYING)
    while sample := sink.emit("pull-sample"):
        yield sample.get_buffer()
    check_end(pipeline)


def check_end(pipeline):
    """Waits for the end of the stream, which may be no error."""
    message = pipeline.get_bus().timed_pop_filtered(
        Gst.CLOCK_TIME_NONE, Gst.MessageType.ERROR | Gst.MessageType.EOS)
    assert message.type == Gst.MessageType.EOS, message.parse_error()
