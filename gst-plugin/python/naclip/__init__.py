"""Segments video and pictures by any words: naclip.frames() plays a video, naclip.Segmenter takes arrays.

Both run GStreamer pipelines with naclipsegment, so that the plugin, PyGObject and NumPy are all that they need.
ImportError says what is missing.
"""

from ._errors import NaclipError
from ._frames import Frame, frames
from ._segmenter import Segmenter

__all__ = ["Frame", "NaclipError", "Segmenter", "frames"]
