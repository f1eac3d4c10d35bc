"""What the examples share: their command line, and the frames of the video that it names."""

import argparse
import importlib
import pathlib
import sys

try:
    import naclip
except ModuleNotFoundError as error:
    sys.exit(f"{error}: gst-naclip's modules for Python are not found. PYTHONPATH has to name the folder that holds "
             "naclip and gi/overrides/GstNaclip.py, as it does in `meson devenv -C build`")
except ImportError as error:
    sys.exit(str(error))

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
    parser.add_argument("video", help="a video of any format that GStreamer reads: a file or a URI")
    parser.add_argument("words", help='the classes, such as "giraffe; zebra; sky"')
    parser.add_argument("--model", default=str(DEMO_MODEL), help="a checkpoint or a name such as ViT-B/16 (the demo's)")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings",
                        help="a property of naclipsegment, such as interval=5; may be given several times")
    return parser


def frames_of(arguments):
    """The frames that these arguments name, each a naclip.Frame. Raises Failure or naclip.NaclipError."""
    settings = {}
    for setting in arguments.settings:
        name, equals, value = setting.partition("=")
        if not name or not equals or name in ("model", "vocabulary"):
            raise Failure(f"--set takes NAME=VALUE, such as interval=5, not {setting}")
        settings[name] = value
    return naclip.frames(arguments.video, model=arguments.model, vocabulary=arguments.words, **settings)


def run(main):
    """Runs a program's main(). A failure is printed without a traceback, and is status 1; Ctrl-C is 130."""
    name = pathlib.Path(sys.argv[0]).name
    try:
        main()
    except (Failure, naclip.NaclipError, OSError) as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
