"""Runs examples/python/masks.ipynb as Jupyter does and looks at its pictures; the file itself holds no outputs."""

import base64
import io
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from segmented import DEMO, need_decoders
from small import SETTINGS, naclip
from support import needed, numpy, run_tests

for module in "nbconvert", "ipykernel", "matplotlib":
    needed(module)
nbformat, Image = needed("nbformat"), needed("PIL.Image")
NOTEBOOK = DEMO.parent / "python" / "masks.ipynb"


def execute(folder):
    """The notebook with its outputs. Its kernel is the Python that runs this; Jupyter's own files are in `folder`."""
    kernel = folder / "data" / "kernels" / "test"
    kernel.mkdir(parents=True)
    (kernel / "kernel.json").write_text(json.dumps({
        "argv": [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
        "display_name": "test", "language": "python"}))
    environment = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}
    environment |= {"JUPYTER_NO_CONFIG": "1", "JUPYTER_PATH": str(folder / "data")}
    for name in "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR", "MPLCONFIGDIR":
        environment[name] = str(folder / name.lower())
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--to", "notebook", "--execute", "--ExecutePreprocessor.kernel_name=test",
         "--ExecutePreprocessor.startup_timeout=300", "--output-dir", folder, "--output", "executed", NOTEBOOK],
        env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return nbformat.read(folder / "executed.ipynb", as_version=4)


def printed(cell):
    return "".join(output.text for output in CELLS[cell].outputs if output.output_type == "stream")


def picture(cell):
    """The one picture of a cell."""
    shown = [output.data["image/png"] for output in CELLS[cell].outputs if "image/png" in output.get("data", {})]
    assert len(shown) == 1, (cell, CELLS[cell].outputs)
    return Image.open(io.BytesIO(base64.b64decode(shown[0])))


def pixels(cell, width, height):
    """[height, width, 3] uint8 of a figure, which is about so large."""
    shown = numpy.array(picture(cell).convert("RGB"))
    assert abs(shown.shape[1] / width - 1) < 0.1 and abs(shown.shape[0] / height - 1) < 0.1, (cell, shown.shape)
    return shown


def count_colours(shown):
    return len(numpy.unique(shown.reshape(-1, 3), axis=0))


def mean_difference(one, other):
    return abs(one.mean(axis=(0, 1)) - other.mean(axis=(0, 1))).max()


def test_the_file_is_as_jupyter_writes_it_and_has_no_outputs():
    text = NOTEBOOK.read_text(encoding="utf-8")
    stored = nbformat.reads(text, as_version=4)
    nbformat.validate(stored)
    assert all(re.fullmatch("[a-z-]+", cell.id) for cell in stored.cells), "ids are names, which stay"
    assert stored.metadata == {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
                               "language_info": {"name": "python"}}
    for cell in stored.cells:
        assert not cell.get("outputs") and cell.get("execution_count") is None, f"clear the outputs of {cell.id}"
        assert cell.metadata == {} and max(map(len, cell.source.splitlines())) <= 120, cell
    assert nbformat.writes(stored) + "\n" == text


def test_every_cell_runs():
    code = [cell for cell in CELLS.values() if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    said = [output for cell in code for output in cell.outputs
            if output.output_type == "error" or "Warning" in output.get("text", "")]
    assert not said, said


def test_frames_are_counted():
    assert printed("frames").startswith("30 frames; the one at 2 s is (360, 640, 3)"), printed("frames")


def test_a_mask_is_drawn_beside_its_frame():
    shown = pixels("drawing", 1200, 400)
    left, right = numpy.array_split(shown, 2, axis=1)
    assert min(count_colours(left), count_colours(right)) > 1000
    assert mean_difference(left, right) > 10, mean_difference(left, right)


def test_the_cut_out_has_the_share_of_its_class():
    cut_out = picture("cut-out")
    assert cut_out.mode == "RGBA" and cut_out.size == (640, 360), cut_out
    colours, alpha = numpy.split(numpy.array(cut_out), [3], axis=2)
    assert set(numpy.unique(alpha)) == {0, 255}
    share = float(re.search(r"covers ([\d.]+)% of the picture", printed("cut-out"))[1]) / 100
    assert share > 0.02 and abs((alpha > 0).mean() / share - 1) < 0.03, (share, (alpha > 0).mean())
    assert count_colours(colours[alpha[..., 0] > 0]) > 1000


def test_shares_are_plotted_in_the_colours_of_their_classes():
    shown = pixels("shares", 1020, 400)
    words = re.search('^WORDS = "(.*)"$', CELLS["frames"].source, re.MULTILINE)[1]
    with naclip.Segmenter(**SETTINGS) as segmenter:
        regions = segmenter.segment(numpy.zeros((48, 64, 3), numpy.uint8), words).regions
    plotted = re.findall(r'"([a-z ]+)"', CELLS["shares"].source.partition("for label in ")[2].partition(":")[0])
    assert len(plotted) == 5, plotted
    for label in plotted:
        colour = numpy.array([regions[label].colour >> shift & 255 for shift in (16, 8, 0)])
        assert (shown == colour).all(axis=2).sum() > 50, label


def test_other_words_give_other_masks():
    shown = numpy.array_split(pixels("other-words", 1500, 400), 3, axis=1)
    assert min(map(count_colours, shown)) > 1000
    for one, other in (0, 1), (0, 2), (1, 2):
        assert mean_difference(shown[one], shown[other]) > 3, (one, other, mean_difference(shown[one], shown[other]))


need_decoders()
with tempfile.TemporaryDirectory() as scratch:
    CELLS = {cell.id: cell for cell in execute(pathlib.Path(scratch)).cells}
run_tests(globals())
