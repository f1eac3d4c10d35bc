"""What Python says where NumPy or OpenCV is missing: all that needs neither works, the rest and `import naclip` name
the package."""

import subprocess
import sys

from support import GstNaclip, error_of, make_frame, make_segmentation, numpy

WITHOUT_BOTH = """
import sys
sys.modules["numpy"] = sys.modules["cv2"] = None
import gi
gi.require_version("Gst", "1.0")
gi.require_version("GstNaclip", "1.0")
from gi.repository import Gst, GstNaclip
Gst.init(None)
assert GstNaclip.buffer_segmentations(Gst.Buffer.new()) == []
"""


def check_error(function, module, package):
    error = error_of(function)
    assert isinstance(error, ImportError), repr(error)
    assert f"this needs Python's {module}" in str(error) and package in str(error), error


subprocess.run([sys.executable, "-c", WITHOUT_BOTH], check=True)

WITHOUT_ONE = """
import sys
sys.modules[{module!r}] = None
try:
    import naclip
except ImportError as error:
    print(error)
"""
for module, package in [("numpy", "python3-numpy"), ("gi", "python3-gi"),
                        ("gi.repository.GstNaclip", "gst-naclip installed")]:
    done = subprocess.run([sys.executable, "-c", WITHOUT_ONE.format(module=module)], capture_output=True, text=True)
    assert done.returncode == 0 and package in done.stdout, done

segmentation = make_segmentation(numpy.eye(3, dtype=numpy.uint8))
meta = GstNaclip.buffer_segmentations(make_frame(segmentation))[0]
sys.modules["cv2"] = None  # as where it is not installed
check_error(meta.polygons, "cv2", "python3-opencv")
assert meta.mask.sum() == 3 and meta.coco()[0]["area"] == 3
sys.modules["numpy"] = None
for function in (lambda: meta.mask), meta.coco, meta.polygons:
    check_error(function, "numpy", "python3-numpy")
assert meta.regions["class 1"].id == 1
print("ok")
