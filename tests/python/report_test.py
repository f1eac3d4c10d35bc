"""naclip-report: what the page says of a recording, and that it is one file that asks nothing of others."""

import base64
import html.parser
import io
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from recorded import (COLOURS, HEIGHT, LABELS, STEP, WIDTH, Recorder, event_message, frame_message, make_recording,
                      naclip, need_codecs, picture, vocabulary_message)
from support import needed, numpy, run_tests

Image = needed("PIL.Image")
PROGRAM = pathlib.Path(__file__).parents[2] / "gst-plugin" / "python" / "bin" / "naclip-report"
FOLDER = tempfile.TemporaryDirectory()
PATH = pathlib.Path(FOLDER.name)
FILE = PATH / "street <1>.mkv"
FRAMES, CUT = 100, 50
WORDS = [*LABELS, "never"]
VOID = {"meta", "img", "line"}


def mask(number):
    """Sky above grass; later the red apple on grass."""
    found = numpy.full((20, 30), 2, numpy.uint8)
    found[:10] = 1 if number < CUT else 3
    return found


def make_file(path):
    recorder = Recorder(path)
    for number in range(FRAMES):
        said = [vocabulary_message(0, WORDS, [*COLOURS, "#808080"])] if number == 0 else []
        if number in (30, 60):
            said.append(event_message(number, "begin" if number == 30 else "end", rule="<much> sky", began=30))
        if number == 90:
            said.append(event_message(number, "begin", label="grass", rule="grass grows", began=90))
        recorder.write(number, picture(number), mask(number), said + [frame_message(number, mask(number), WORDS)])
    recorder.finish()


def run(*arguments, program=(PROGRAM,)):
    return subprocess.run([*map(str, program), *map(str, arguments)], cwd=PATH, capture_output=True, text=True)


class Page(html.parser.HTMLParser):
    """Checks that elements are closed in order; collects their names, attributes and texts."""

    def __init__(self, text):
        super().__init__()
        self.open, self.elements, self.cells, self.texts = [], [], [], []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag == "tr":
            self.cells.append([])
        if tag in ("td", "th"):
            self.cells[-1].append("")
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, (tag, self.open, self.getpos())

    def handle_data(self, text):
        self.texts.append(text)
        if "td" in self.open or "th" in self.open:
            self.cells[-1][-1] += text

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def page_of(*arguments, source=FILE):
    done = run(source, "--output", PATH / "page.html", *arguments)
    assert done.returncode == 0 and not done.stderr and done.stdout.strip() == str(PATH / "page.html"), done
    text = (PATH / "page.html").read_text(encoding="utf-8")
    return Page(text), text


def test_the_page_is_one_file_without_a_script():
    page, text = page_of()
    assert not page.all("script") and not page.all("link") and "@import" not in text and "url(" not in text
    for tag, attributes in page.elements:
        for name, value in attributes.items():
            assert not name.startswith("on"), (tag, name)
            assert name not in ("src", "href") or value.startswith("data:image/jpeg;base64,"), (tag, name)
    assert page.all("meta")[0] == {"charset": "utf-8"} and len(text) < 200_000


def test_labels_and_names_are_escaped():
    page, text = page_of()
    assert "".join(page.texts).count("street <1>.mkv") == 2 and "street <1>" not in text
    assert "<b>" not in text.replace("<figcaption><b>", "") and "<much>" not in text
    assert any(cells[:1] == [LABELS[3]] for cells in page.cells)


def test_classes_have_their_shares_and_times():
    page, _ = page_of()
    rows = {cells[0]: cells[1:] for cells in page.cells if len(cells) == 5}
    assert rows["grass"] == ["50.0 %", "50.0 %", "0:04.0 (100 %)", "0:00.0"]
    assert rows["sky"] == ["25.0 %", "50.0 %", "0:02.0 (50 %)", "0:00.0"]
    assert rows[LABELS[3]] == ["25.0 %", "50.0 %", "0:02.0 (50 %)", "0:02.0"]
    assert rows["never"] == ["0.0 %", "0.0 %", "never", ""]
    assert list(rows)[1] == "grass"  # the largest one is the first


def test_facts_are_those_of_the_recording():
    page, _ = page_of()
    text = " ".join(page.texts)
    for words in ("0:04.0", "100 (25 fps)", f"{WIDTH} × {HEIGHT}", "30 × 20", "2026-11-25 10:00:00 to 10:00:03 UTC"):
        assert words in text, words


def points(path):
    """The corners of an area of the chart."""
    return [tuple(map(float, point.split(","))) for point in re.findall(r"[-\d.]+,[-\d.]+", path["d"])]


def test_the_chart_has_the_shares_over_time():
    page, _ = page_of()
    paths = page.all("path")
    assert [path["fill"] for path in paths] == [COLOURS[2], COLOURS[1], COLOURS[3]]
    for path in paths:
        assert all(0 <= x <= 1000 and 0 <= y <= 100 for x, y in points(path))
    grass, sky, apple = map(points, paths)
    assert all(y == 50 for x, y in grass[:len(grass) // 2]) and all(y == 100 for x, y in grass[len(grass) // 2:])
    for x, y in sky[:len(sky) // 2]:
        assert y == (0 if x < 500 else 50), (x, y)
    for x, y in apple[:len(apple) // 2]:
        assert y == 0, (x, y)
    labels = [text for text in page.texts if re.fullmatch(r"\d:\d\d(\.\d)?", text)]
    assert labels[1:5] == ["0:00", "0:01", "0:02", "0:03"], labels  # the first one is the duration


def test_events_are_bars_and_rows():
    page, _ = page_of()
    rows = [cells for cells in page.cells if len(cells) == 7][1:]
    assert rows == [["0:01.2", "0:01.2", "<much> sky", "sky", "gate", "", "50.0 %"],
                    ["0:03.6", "goes on", "grass grows", "grass", "gate", "", "50.0 %"]]
    bars = [bar["style"] for bar in page.all("i")]
    assert bars == [f"left:30.00%;width:30.00%;background:{COLOURS[1]}",
                    f"left:90.00%;width:10.00%;background:{COLOURS[2]}"]


def test_pictures_show_the_changes():
    page, text = page_of()
    captions = re.findall(r"<figcaption><b>(.*?)</b>(.*?)</figcaption>", text)
    assert captions[0] == ("0:00.0", "grass, sky") or captions[0] == ("0:00.0", "sky, grass"), captions
    assert captions[1][0] == "0:02.4" and captions[1][1].startswith("new: red &lt;b&gt;") and \
        captions[1][1].endswith("gone: sky"), captions
    assert len(captions) == 2
    pictures = [Image.open(io.BytesIO(base64.b64decode(image["src"].partition(",")[2]))) for image in page.all("img")]
    assert all(one.format == "JPEG" and one.size == (400, round(400 * HEIGHT / WIDTH)) for one in pictures)
    red, _, blue = numpy.asarray(pictures[1])[20:100].mean(axis=(0, 1))
    assert red > blue + 30  # half of the apple's colour
    assert not page_of("--pictures", 0)[0].all("img")
    assert len(page_of("--pictures", 1)[0].all("img")) == 1


def test_changes_that_do_not_last_have_no_picture():
    recorder = Recorder(PATH / "flicker.mkv")
    for number in range(60):
        ids = mask(CUT if number % 20 == 10 else 0)
        recorder.write(number, picture(number), ids, [vocabulary_message(number), frame_message(number, ids)])
    recorder.finish()
    assert len(page_of(source=PATH / "flicker.mkv")[0].all("img")) == 1


def test_many_changes_have_the_pictures_that_are_asked_for():
    recorder = Recorder(PATH / "changing.mkv")
    for number in range(1500):
        ids = mask(CUT if number // 30 % 2 else 0)
        recorder.write(number, picture(number), ids, [vocabulary_message(0)] if number == 0 else [])
    recorder.finish()
    page, _ = page_of("--pictures", 5, source=PATH / "changing.mkv")
    assert len(page.all("img")) == 5
    assert all(len(points(path)) <= 2 * (600 + 2) for path in page.all("path"))


def test_new_words_are_told():
    words = ["background", "road", "sky"]
    make_recording(PATH / "words.mkv", messages=lambda number: [vocabulary_message(number, words, COLOURS[:3])
                                                                if number >= 6 else vocabulary_message(number)])
    page, _ = page_of(source=PATH / "words.mkv")
    rows = [cells for cells in page.cells if len(cells) == 2]
    assert rows[1][0] == "0:00.0" and rows[1][1].startswith("sky; grass; ")
    assert rows[2][0] == "0:00.2" and rows[2][1].startswith("road; sky; ")


def test_times_are_those_of_the_recording_though_masks_come_late():
    recorder = Recorder(PATH / "late.mkv")
    for number in range(100):
        recorder.write(number, picture(number), mask(0) if number >= 25 else None,
                       [vocabulary_message(25), event_message(25, "begin", began=25)] if number == 25 else [])
    recorder.finish()
    page, text = page_of(source=PATH / "late.mkv")
    rows = {cells[0]: cells[1:] for cells in page.cells if len(cells) == 5}
    assert rows["sky"] == ["50.0 %", "50.0 %", "0:03.0 (75 %)", "0:01.0"]
    grass = points(page.all("path")[0])
    assert all((y == 100) == (x < 245) for x, y in grass[:len(grass) // 2] if not 245 < x < 255), grass
    assert page.all("i")[0]["style"].startswith("left:25.00%;width:75.00%")
    assert "<b>0:01.0</b>" in text and "75 (25 fps)" in text and "0:04.0" in page.texts


def test_a_single_frame_has_a_page():
    make_recording(PATH / "one.mkv", frames=1)
    page, _ = page_of(source=PATH / "one.mkv")
    assert not page.all("path") and len(page.all("img")) == 1


def check_failure(done, status, *said):
    assert done.returncode == status and "Traceback" not in done.stderr and not done.stdout, done
    assert status == 2 or len(done.stderr.strip().splitlines()) == 1, done.stderr
    for words in said:
        assert words in done.stderr, done.stderr


def test_nothing_else_is_overwritten():
    done = run(FILE)
    assert done.returncode == 0 and (PATH / "street <1>-report.html").exists(), done
    assert run(FILE).returncode == 0  # its own page is replaced
    (PATH / "mine.html").write_text("mine")
    check_failure(run(FILE, "--output", "mine.html"), 1, "mine.html is not of naclip-report")
    assert (PATH / "mine.html").read_text() == "mine"
    check_failure(run(FILE, "--output", PATH), 1, "is a folder")
    assert not [path for path in PATH.iterdir() if path.name.startswith(".")]


def test_bad_input_is_named():
    check_failure(run("absent.mkv"), 1, "there is no file absent.mkv")
    check_failure(run(PATH / "page.html"), 1, "no Matroska")
    check_failure(run(FILE, "--output", "absent/page.html"), 1, "absent")
    check_failure(run(), 2, "FILE")
    check_failure(run(FILE, "--pictures", "-1"), 2, "whole number from 0 on")
    code = "import sys; sys.modules['PIL'] = None; from naclip._report import main; main()"
    program = (sys.executable, "-c", code)
    check_failure(run(FILE, program=program), 1, "python3-pil")
    assert run(FILE, "--pictures", 0, program=program).returncode == 0
    assert run("--help").returncode == 0


def test_ctrl_c_leaves_nothing():
    code = ("import os, signal, sys; import naclip._report_summary as s; add = s.Summary.add\n"
            "def stopped(self, *frame):\n"
            "    add(self, *frame)\n"
            "    os.kill(os.getpid(), signal.SIGINT) if len(self.times) == 9 else None\n"
            "s.Summary.add = stopped\n"
            "from naclip._report import main; main()")
    done = run(FILE, "--output", "stopped.html", program=(sys.executable, "-c", code))
    assert done.returncode == 130 and not done.stderr and not (PATH / "stopped.html").exists(), done


need_codecs()
with FOLDER:
    make_file(FILE)
    run_tests(globals())
