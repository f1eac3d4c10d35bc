"""Segments video and pictures by any words: naclip.frames() plays a video, naclip.Segmenter takes arrays. And
naclip.recording() reads what was recorded with its masks.

They run GStreamer pipelines, the first two with naclipsegment, so that the plugin, PyGObject and NumPy are all that
they need. ImportError says what is missing.
"""

from ._errors import NaclipError
from ._frames import Frame, frames
from ._recording import RecordedFrame, Recording, recording
from ._segmenter import Segmenter

__all__ = ["Frame", "NaclipError", "RecordedFrame", "Recording", "Segmenter", "frames", "recording"]
