"""GStreamer and NumPy, or an ImportError that says what to install."""

import contextlib
import ctypes

# NumPy brings OpenBLAS and OpenMP. The plugin's library that settles how they run in this process has to be there before
# them; see model/process. Where it is not found they run as they would without it.
with contextlib.suppress(OSError):
    ctypes.CDLL("libnaclip-process.so.0")

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstVideo", "1.0")
    gi.require_version("GstNaclip", "1.0")
    from gi.repository import GLib, GObject, Gst, GstNaclip, GstVideo
except (ImportError, AttributeError, ValueError) as error:
    raise ImportError(f"{error}: needed are python3-gi, gir1.2-gstreamer-1.0, gir1.2-gst-plugins-base-1.0, and "
                      "gst-naclip installed or `meson devenv -C build`") from error

try:
    from gi.overrides.GstNaclip import mapped_array, needed
except ImportError as error:
    raise ImportError("gst-naclip's module for Python is not found: PYTHONPATH has to name the folder that holds "
                      "gi/overrides/GstNaclip.py, as it does in `meson devenv -C build`") from error

numpy = needed("numpy", "numpy")
Gst.init(None)

__all__ = ["GLib", "GObject", "Gst", "GstNaclip", "GstVideo", "mapped_array", "numpy"]
