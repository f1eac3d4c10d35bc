"""What the programs naclip-export and naclip-report share."""

import importlib
import os
import sys
import time
import warnings

from ._errors import NaclipError

_SECONDS = 0.2  # from one state of the progress line to the next


def run(name, main):
    """Runs a program's main(), which ends with sys.exit()'s status for what the command line lacks. A failure is one
    line and status 1; Ctrl-C is 130."""
    warnings.showwarning = lambda message, *_: print(f"{name}: {message}", file=sys.stderr)
    try:
        main()
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except (NaclipError, ImportError, OSError) as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(130)


def pillow(module="Image"):
    """A module of Pillow. Raises NaclipError, which says what to install."""
    try:
        return importlib.import_module(f"PIL.{module}")
    except ImportError as error:
        raise NaclipError(f"pictures are written with Pillow, which cannot be imported ({error}). On Debian: "
                          "apt-get install python3-pil") from error


def whole_number(least):
    """A type for argparse: a whole number from `least` on."""

    def convert(text):
        number = int(text)
        if number < least:
            raise ValueError
        return number

    convert.__name__ = f"whole number from {least} on"
    return convert


def minutes(nanoseconds):
    """A time as m:ss, or h:mm:ss."""
    seconds = round(nanoseconds / 1e9)
    hours, rest = divmod(seconds, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"


class Progress:
    """One line on standard error, where that is a terminal: how far a recording is read."""

    def __init__(self, recording):
        self._recording = recording
        self._is_shown = sys.stderr.isatty()
        self._begin = self._next = time.monotonic()
        self._width = 0

    def show(self, pts, count, what):
        """`count` of `what` are done, up to a time of the recording."""
        now = time.monotonic()
        if not self._is_shown or now < self._next:
            return
        self._next = now + _SECONDS
        duration = self._recording.duration
        line = minutes(pts)
        if duration:
            line += f" of {minutes(duration)}, {min(100 * pts // duration, 100)} %"
        self._write(f"{line}, {count} {what}, {count / max(now - self._begin, 0.001):.0f} a second")

    def clear(self):
        """Takes the line away."""
        if self._width > 0:
            self._write("")
            print("\r", end="", file=sys.stderr, flush=True)

    def _write(self, line):
        print("\r" + line.ljust(self._width), end="", file=sys.stderr, flush=True)
        self._width = len(line)
