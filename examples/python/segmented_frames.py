"""What the examples share: their command line, and a video's frames with their masks."""

import argparse
import importlib
import pathlib
import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstNaclip", "1.0")
    from gi.repository import GLib, Gst, GstNaclip
except (ImportError, ValueError) as error:
    sys.exit(f"{error}: needed are python3-gi, gir1.2-gstreamer-1.0, gir1.2-gst-plugins-base-1.0, and gst-naclip "
             "installed or `meson devenv -C build`")

if not hasattr(GstNaclip, "buffer_segmentations"):
    sys.exit("gst-naclip's module for Python is not found: PYTHONPATH has to name the folder that holds "
             "gi/overrides/GstNaclip.py, as it does in `meson devenv -C build`")

DEMO_MODEL = pathlib.Path(__file__).resolve().parents[1] / "demo" / "model.safetensors"


class Failure(Exception):
    """What the user should know; ends the program."""


def needed(module, package):
    """An optional module. Raises Failure, which says what to install."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise Failure(f"{error}. On Debian: apt-get install python3-{package}") from error


def argument_parser(description):
    """A parser of the arguments that frames_of() reads."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("video", help="a video file of any format that GStreamer reads")
    parser.add_argument("words", help='the classes, such as "giraffe; zebra; sky"')
    parser.add_argument("--model", default=str(DEMO_MODEL), help="a checkpoint or a name such as ViT-B/16 (the demo's)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
                        help="a property of naclipsegment, such as interval=5; may be given several times")
    return parser


def _launch_value(value):
    """A text as parse_launch() reads it back."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _make_pipeline(arguments):
    settings = []
    for setting in arguments.settings:
        name, equals, value = setting.partition("=")
        if not name or not equals or not name.replace("-", "").isalnum():
            raise Failure(f"--set takes NAME=VALUE, such as interval=5, not {setting}")
        settings.append(f"{name}={_launch_value(value)}")
    try:
        pipeline = Gst.parse_launch(
            "filesrc name=file ! decodebin ! videoconvert ! videoflip video-direction=auto ! videoconvert "
            f"! video/x-raw,format=BGRx ! naclipsegment name=segment {' '.join(settings)} "
            "! appsink name=sink sync=false max-buffers=4")
    except GLib.Error as error:
        raise Failure(error.message) from error
    pipeline.get_by_name("file").set_property("location", arguments.video)
    segment = pipeline.get_by_name("segment")
    segment.set_property("model", arguments.model)
    segment.set_property("vocabulary", arguments.words)
    return pipeline


def _raise_error(bus):
    """Raises what an element has posted as its error, if any has."""
    message = bus.pop_filtered(Gst.MessageType.ERROR)
    if message is not None:
        error, _ = message.parse_error()
        raise Failure(f"{message.src.get_name()}: {error.message}")


def frames_of(arguments):
    """The frames of a video, each with its mask: pairs of a Gst.Sample (BGRx) and a GstNaclip.SegmentationMeta.

    `arguments` are those of argument_parser(). Raises Failure.
    """
    if not pathlib.Path(arguments.video).is_file():
        raise Failure(f"there is no file {arguments.video}")
    Gst.init(None)
    pipeline = _make_pipeline(arguments)
    sink, bus = pipeline.get_by_name("sink"), pipeline.get_bus()
    try:
        pipeline.set_state(Gst.State.PLAYING)
        while not sink.get_property("eos"):
            _raise_error(bus)
            sample = sink.emit("try-pull-sample", Gst.SECOND // 10)
            if sample is not None:
                for meta in GstNaclip.buffer_segmentations(sample.get_buffer())[:1]:
                    yield sample, meta
        _raise_error(bus)
    finally:
        pipeline.set_state(Gst.State.NULL)


def run(main):
    """Runs a program's main(). A Failure is printed without a traceback, and is status 1; Ctrl-C is 130."""
    name = pathlib.Path(sys.argv[0]).name
    try:
        main()
    except (Failure, OSError) as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
