"""naclip-export: each format read back, calls that were stopped, and what it says of bad input."""

import csv
import io
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import zipfile

from brush import painted
from recorded import (COLOURS, HEIGHT, LABELS, MASK, STEP, WIDTH, Recorder, frame_message, labels, make_recording,
                      messages_of, naclip, need_codecs, picture, vocabulary_message)
from support import needed, numpy, run_tests

Image = needed("PIL.Image")
PROGRAM = pathlib.Path(__file__).parents[2] / "gst-plugin" / "python" / "bin" / "naclip-export"
FOLDER = tempfile.TemporaryDirectory()
PATH = pathlib.Path(FOLDER.name)
FILE = PATH / "a street.mkv"
FRAMES, EVERY = 12, 5
NUMBERS = [0, 5, 10]
NAMES = [f"a_street-{number:06d}" for number in NUMBERS]
FORMATS = "coco", "cvat", "labelstudio", "fiftyone", "png", "csv"


def run(*arguments, program=(PROGRAM,), **variables):
    return subprocess.run([*map(str, program), *map(str, arguments)], cwd=PATH, env=os.environ | variables,
                          capture_output=True, text=True)


def export(name, to, *arguments, source=FILE):
    """A new folder with an export."""
    done = run(source, "--to", to, "--output", PATH / name, *arguments)
    assert done.returncode == 0 and not done.stderr, done
    return PATH / name


def export_some(to, *arguments, **settings):
    folder = PATH / to
    shutil.rmtree(folder, ignore_errors=True)
    return export(to, to, "--every", EVERY, *arguments, **settings)


def frames():
    return [frame for number, frame in enumerate(naclip.recording(FILE)) if number in NUMBERS]


def expected():
    """The labels of the exported frames at the frame's size."""
    return [frame.labels() for frame in frames()]


def read(path, mode=None):
    image = Image.open(path)
    return numpy.asarray(image.convert(mode) if mode else image)


def content(folder):
    """All files of an export by name, without its own notes."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*"))
            if path.is_file() and ".naclip-export" not in path.parts}


def check_pictures(folder, layout):
    """Each picture is that of its frame: JPEG within what it loses."""
    paths = sorted(folder.iterdir())
    assert [path.name for path in paths] == [f"{name}.{layout}" for name in NAMES]
    for path, number in zip(paths, NUMBERS):
        difference = abs(read(path).astype(int) - picture(number))
        assert difference.max() == 0 if layout == "png" else difference.mean() < 12, path


def test_coco_has_the_masks_as_run_lengths():
    folder = export_some("coco")
    check_pictures(folder / "images", "jpg")
    found = json.loads((folder / "annotations.json").read_text())
    assert [(one["id"], one["name"], one["color"]) for one in found["categories"]] == [
        (number, LABELS[number], COLOURS[number]) for number in (1, 2, 3)]
    assert [(one["id"], one["file_name"], one["width"], one["height"]) for one in found["images"]] == [
        (number, f"{name}.jpg", WIDTH, HEIGHT) for number, name in enumerate(NAMES, 1)]
    assert [one["date_captured"] for one in found["images"]] == [messages_of(n)[-1]["time"] for n in NUMBERS]
    assert [one["id"] for one in found["annotations"]] == list(range(1, 10))
    for one in found["annotations"]:
        mask = expected()[one["image_id"] - 1] == one["category_id"]
        ys, xs = numpy.nonzero(mask)
        assert one["area"] == mask.sum() and one["iscrowd"] == 0 and one["score"] == 0.7
        assert one["bbox"] == [xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1]
        assert one["segmentation"]["size"] == [HEIGHT, WIDTH]


def can_import(module):
    done = subprocess.run([sys.executable, "-c", f"import {module}"], capture_output=True)
    if done.returncode != 0:
        print(f"not tested: {module} is missing")
    return done.returncode == 0


def make_holed(path):
    """A recording whose masks have parts and holes in them."""
    mask = numpy.zeros((24, 36), numpy.uint8)
    mask[2:20, 2:30] = 1
    mask[5:9, 5:9] = 0
    mask[12:17, 12:22] = 2
    mask[14, 14:18] = 1
    mask[22, 34] = 1
    recorder = Recorder(path)
    big = numpy.zeros((48, 72, 3), numpy.uint8)
    recorder.write(0, big, mask, [vocabulary_message(),
                                  frame_message(0, mask, rectangle=(0, 0, 72, 48), size=(72, 48))])
    recorder.finish()
    return mask.repeat(2, axis=0).repeat(2, axis=1)


def test_pycocotools_reads_coco():
    if not can_import("pycocotools"):
        return
    from pycocotools.coco import COCO

    mask = make_holed(PATH / "holed.mkv")
    kinds = ["rle"] + (["polygons"] if can_import("cv2") else [])
    for kind in kinds:
        folder = export(f"pycocotools-{kind}", "coco", "--segmentation", kind, "--tolerance", 0,
                        source=PATH / "holed.mkv")
        coco = COCO(str(folder / "annotations.json"))
        assert len(coco.anns) == 2
        for annotation in coco.anns.values():
            found = coco.annToMask(annotation)
            assert (found == (mask == annotation["category_id"])).all(), kind
            assert annotation["area"] == found.sum()


def test_polygons_enclose_the_masks():
    if not can_import("cv2"):
        assert "python3-opencv" in run(FILE, "--to", "coco", "--segmentation", "polygons", "--output", "none").stderr
        assert not (PATH / "none").exists()
        return
    mask = make_holed(PATH / "holed.mkv")
    folder = export("polygons", "coco", "--segmentation", "polygons", "--tolerance", 0, source=PATH / "holed.mkv")
    for one in json.loads((folder / "annotations.json").read_text())["annotations"]:
        assert one["area"] == (mask == one["category_id"]).sum()
        areas = 0
        for ring in one["segmentation"]:
            x, y = ring[0::2], ring[1::2]
            areas += sum(x[i - 1] * y[i] - x[i] * y[i - 1] for i in range(len(x))) / 2
        assert areas == one["area"]


def test_cvat_has_colours_for_classes_and_objects():
    folder = export_some("cvat")
    check_pictures(folder / "JPEGImages", "jpg")
    assert (folder / "ImageSets" / "Segmentation" / "default.txt").read_text() == "".join(f"{n}\n" for n in NAMES)
    colours = {}
    for line in (folder / "labelmap.txt").read_text().splitlines():
        if not line.startswith("#"):
            name, colour, parts, actions = line.split(":")
            colours[name] = tuple(map(int, colour.split(",")))
    assert list(colours) == LABELS and colours["background"] == (0, 0, 0) and len(set(colours.values())) == 4
    for name, mask in zip(NAMES, expected()):
        classes = read(folder / "SegmentationClass" / f"{name}.png")
        objects = read(folder / "SegmentationObject" / f"{name}.png")
        assert classes.shape == objects.shape == (HEIGHT, WIDTH, 3)
        for number, label in enumerate(LABELS):
            assert ((classes == colours[label]).all(axis=2) == (mask == number)).all()
        # PASCAL VOC's first objects: nothing, dark red, dark green, dark yellow.
        for number, colour in enumerate([(0, 0, 0), (128, 0, 0), (0, 128, 0), (128, 128, 0)]):
            assert ((objects == colour).all(axis=2) == (mask == number)).all()
    with zipfile.ZipFile(folder / "cvat.zip") as archive:
        zipped = {name: archive.read(name) for name in archive.namelist()}
    files = content(folder)
    del files["cvat.zip"]
    assert zipped == files


def test_cvats_colours_differ_where_the_classes_do_not():
    words, colours = ["background", "a:b", "#c", "d"], ["#000000", "#ff0000", "#000000", "#ff0000"]
    make_recording(PATH / "alike.mkv", frames=1, messages=lambda number: [
        vocabulary_message(number, words, colours), frame_message(number, labels(number), words)])
    folder = export("alike", "cvat", source=PATH / "alike.mkv")
    lines = (folder / "labelmap.txt").read_text().splitlines()[1:]
    assert [line.split(":")[0] for line in lines] == ["background", "a b", "c", "d"]
    assert all(line.count(":") == 3 for line in lines) and len({line.split(":")[1] for line in lines}) == 4
    found = read(folder / "SegmentationClass" / "alike-000000.png").reshape(-1, 3)
    assert len(numpy.unique(found, axis=0)) == 4


def test_label_studio_paints_the_masks():
    folder = export_some("labelstudio", "--image-prefix", "http://pictures/")
    check_pictures(folder / "images", "jpg")
    tasks = json.loads((folder / "tasks.json").read_text())
    assert [task["data"]["image"] for task in tasks] == [f"http://pictures/{name}.jpg" for name in NAMES]
    for task, mask in zip(tasks, expected()):
        results = task["predictions"][0]["result"]
        assert [one["value"]["brushlabels"] for one in results] == [[label] for label in LABELS[1:]]
        for number, one in enumerate(results, 1):
            assert (one["original_width"], one["original_height"]) == (WIDTH, HEIGHT)
            assert one["type"] == "brushlabels" and one["value"]["format"] == "rle"
            pixels = painted(one["value"]["rle"], (HEIGHT, WIDTH))
            assert (pixels == numpy.where(mask == number, 255, 0)[..., None]).all()
    config = (folder / "label-config.xml").read_text()
    assert f'value="sky" background="{COLOURS[1]}"' in config and "&lt;b&gt;" in config and "<b>" not in config
    for task in tasks:
        names = {(one["from_name"], one["to_name"]) for one in task["predictions"][0]["result"]}
        assert names == {("tag", "image")} and 'name="tag" toName="image"' in config


def test_brushes_of_all_lengths_are_painted():
    from naclip._brush_rle import brush_rle

    generator = numpy.random.default_rng(5)
    for size in (1, 1), (1, 2), (3, 5), (40, 70), (300, 200):  # the last has runs longer than one may be
        for mask in (numpy.ones(size, bool), numpy.zeros(size, bool), generator.random(size) < 0.5,
                     generator.random(size) < 0.002):
            assert (painted(brush_rle(mask), size) == numpy.where(mask, 255, 0)[..., None]).all()


def test_labels_for_fiftyone_are_gray():
    folder = export_some("fiftyone", "--image-format", "png")
    check_pictures(folder / "data", "png")
    assert json.loads((folder / "mask_targets.json").read_text()) == {str(n): LABELS[n] for n in (1, 2, 3)}
    for name, mask in zip(NAMES, expected()):
        image = Image.open(folder / "labels" / f"{name}.png")
        assert image.mode == "L" and (numpy.asarray(image) == mask).all()


def test_label_maps_have_the_classes_colours():
    folder = export_some("png")
    check_pictures(folder / "pictures", "png")
    rows = list(csv.reader(io.StringIO((folder / "classes.csv").read_text())))
    assert rows == [["id", "label", "colour"]] + [[str(n), LABELS[n], COLOURS[n]] for n in range(4)]
    table = numpy.array([[int(colour[i:i + 2], 16) for i in (1, 3, 5)] for colour in COLOURS])
    for name, mask in zip(NAMES, expected()):
        image = Image.open(folder / "labels" / f"{name}.png")
        assert image.mode == "P" and (numpy.asarray(image) == mask).all()
        assert (read(folder / "labels" / f"{name}.png", "RGB") == table[mask]).all()


def test_many_classes_have_maps_of_16_bits():
    words = ["background"] + [f"class {number}" for number in range(1, 300)]
    mask = numpy.arange(300, dtype=numpy.uint16).reshape(20, 15)
    recorder = Recorder(PATH / "many.mkv")
    recorder.write(0, picture(0), mask, [vocabulary_message(0, words, ["#000000"] + ["#336699"] * 299)])
    recorder.finish()
    for to in "png", "fiftyone":
        folder = export(f"many-{to}", to, "--size", "mask", source=PATH / "many.mkv")
        assert (read(folder / "labels" / "many-000000.png") == mask).all()
    folder = export("many-cvat", "cvat", "--size", "mask", source=PATH / "many.mkv")
    found = read(folder / "SegmentationClass" / "many-000000.png").reshape(-1, 3)
    assert len(numpy.unique(found, axis=0)) == 300


def test_a_row_says_what_a_class_has():
    folder = export_some("csv")
    rows = list(csv.DictReader(io.StringIO((folder / "shares.csv").read_text())))
    assert len(rows) == 9
    for index, row in enumerate(rows):
        number, region = NUMBERS[index // 3], messages_of(NUMBERS[index // 3])[-1]["regions"][index % 3]
        assert (int(row["frame"]), int(row["pts"])) == (number, number * STEP * 10**6)
        assert float(row["seconds"]) == number * STEP / 1000 and row["time"] == messages_of(number)[-1]["time"]
        assert (int(row["id"]), row["label"]) == (region["id"], region["label"])
        assert (float(row["share"]), float(row["confidence"])) == (region["share"], 0.7)
        assert [int(row[name]) for name in ("left", "top", "width", "height")] == region["box"]


def test_classes_are_chosen():
    folder = export("chosen", "png", "--classes", "grass; sky", "--every", EVERY)
    for name, mask in zip(NAMES, expected()):
        assert (read(folder / "labels" / f"{name}.png") == numpy.where(mask == 3, 0, mask)).all()
    done = run(FILE, "--to", "csv", "--classes", "sky, tree", "--output", "no-tree")
    assert done.returncode == 1 and "no class tree" in done.stderr and "it has sky, grass" in done.stderr


def test_pictures_may_have_the_masks_size():
    folder = export("small", "png", "--size", "mask", "--every", EVERY)
    for name, frame in zip(NAMES, frames()):
        assert (read(folder / "labels" / f"{name}.png") == frame.mask).all()
        assert read(folder / "pictures" / f"{name}.png").shape == (*MASK, 3)


def test_words_that_come_later_get_the_next_ids():
    words = ["background", "road", "sky"]

    def messages(number):
        return messages_of(number) if number < 5 else [vocabulary_message(number, words, COLOURS[:3])]

    make_recording(PATH / "words.mkv", messages=messages)
    folder = export("words", "png", "--every", EVERY, source=PATH / "words.mkv")
    rows = list(csv.reader(io.StringIO((folder / "classes.csv").read_text())))
    assert [row[1] for row in rows[1:]] == [*LABELS, "road", "class 3"]
    late = numpy.array([0, 4, 1, 5])[frames()[1].labels()]
    assert (read(folder / "labels" / "words-000005.png") == late).all()


def stopping(where, count):
    """A program whose `count`-th call of ExportFolder's `where` ends with Ctrl-C: "before" add(), "noted" after the
    journal's line, "after" add()."""
    return ["-c", f"""
import os, signal, sys
import naclip._export_folder as folder
left = {count}
def count():
    global left
    left -= 1
    if left == 0:
        os.kill(os.getpid(), signal.SIGINT)
add, write_note = folder.ExportFolder.add, folder.ExportFolder._write_note
def stopped_add(*arguments):
    if {where!r} == "before":
        count()
    add(*arguments)
    if {where!r} == "after":
        count()
def stopped_note(*arguments):
    write_note(*arguments)
    if {where!r} == "noted":
        count()
folder.ExportFolder.add, folder.ExportFolder._write_note = stopped_add, stopped_note
from naclip._export import main
main()"""]


def test_a_call_that_was_stopped_is_continued():
    for to, where, count in [("coco", "before", 3), ("coco", "noted", 1), ("coco", "after", 1), ("coco", "noted", 7),
                             ("cvat", "noted", 2), ("csv", "after", 3)]:
        whole = content(export("whole", to, "--every", 2)) if to != "coco" or where == "before" else whole
        shutil.rmtree(PATH / "whole", ignore_errors=True)
        folder = PATH / "again"
        arguments = (FILE, "--to", to, "--every", 2, "--output", folder)
        done = run(*arguments, program=(sys.executable, *stopping(where, count)))
        assert done.returncode == 130 and "the same command continues" in done.stderr, done
        assert "Traceback" not in done.stderr
        written = content(folder)
        assert written.keys() < whole.keys()
        times = {name: (folder / name).stat().st_mtime_ns for name in written}
        done = run(*arguments)
        assert done.returncode == 0, done
        assert content(folder).keys() == whole.keys()
        for name, text in content(folder).items():
            assert text == whole[name] or name == "cvat.zip", (to, where, name)
        assert all((folder / name).stat().st_mtime_ns == time for name, time in times.items())
        shutil.rmtree(folder)


def test_a_torn_note_and_a_lost_file_are_mended():
    whole = content(export("whole", "coco", "--every", 2))
    folder = export("torn", "coco", "--every", 2)
    journal = folder / ".naclip-export" / "journal"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[:4]) + lines[4][:20])
    (folder / "images" / "a_street-000002.jpg").unlink()
    for name in "a_street-000008.jpg", "a_street-000010.jpg":  # not noted, so not ours
        (folder / "images" / name).unlink()
    (folder / "annotations.json").unlink()
    done = run(FILE, "--to", "coco", "--every", 2, "--output", folder)
    assert done.returncode == 0 and "6 frames, 3 of them before" in done.stdout, done
    assert content(folder) == whole


def test_a_recording_that_has_grown_is_added():
    path = PATH / "grows.mkv"
    whole = FILE.read_bytes()
    path.write_bytes(whole[:len(whole) * 2 // 3])
    folder = export("grows", "csv", source=path)
    before = (folder / "shares.csv").read_text()
    assert 0 < len(before.splitlines()) - 1 < 3 * FRAMES
    path.write_bytes(whole)
    done = run(path, "--to", "csv", "--output", folder)
    after = (folder / "shares.csv").read_text()
    assert done.returncode == 0 and after.startswith(before) and len(after.splitlines()) - 1 == 3 * FRAMES


def check_failure(done, status, *said):
    assert done.returncode == status, done
    assert "Traceback" not in done.stderr and not done.stdout, done
    if status == 1:
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    for words in said:
        assert words in done.stderr, done.stderr


def test_nothing_that_another_program_wrote_is_overwritten():
    folder = PATH / "mine"
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "notes.txt").write_text("mine")
    check_failure(run(FILE, "--to", "coco", "--output", folder), 1, "mine is not empty", "new or empty folder")
    assert content(folder) == {"images/notes.txt": b"mine"} and not (folder / ".naclip-export").exists()
    folder = export("ours", "coco", "--every", 11)
    (folder / "annotations.json").unlink()
    for name in "annotations.json", "images/a_street-000000.jpg":
        (folder / name).write_text("mine")
    # It wrote files of these names once; a user who replaces one has it replaced again, but keeps others.
    (folder / "images" / "other.jpg").write_text("mine")
    assert run(FILE, "--to", "coco", "--every", 11, "--output", folder).returncode == 0
    assert (folder / "images" / "other.jpg").read_text() == "mine"
    stopped = PATH / "stopped"
    run(FILE, "--to", "png", "--output", stopped, program=(sys.executable, *stopping("after", 2)))
    (stopped / "pictures" / "a_street-000002.png").write_text("mine")
    check_failure(run(FILE, "--to", "png", "--output", stopped), 1, "a_street-000002.png is not of naclip-export")
    assert (stopped / "pictures" / "a_street-000002.png").read_text() == "mine"


def test_other_options_and_other_recordings_need_another_folder():
    folder = export("first", "csv", "--every", 5)
    check_failure(run(FILE, "--to", "csv", "--every", 4, "--output", folder), 1, "--every 5 instead of 4", "repeat")
    check_failure(run(FILE, "--to", "png", "--every", 5, "--output", folder), 1, "--to csv instead of png")
    other = PATH / "other"
    other.mkdir()
    make_recording(other / FILE.name, messages=lambda number: [vocabulary_message()])
    check_failure(run(other / FILE.name, "--to", "csv", "--every", 5, "--output", folder), 1, "another recording")


def test_bad_input_is_named():
    make_recording(PATH / "plain.mkv", tracks=("picture",))
    (PATH / "a file").write_text("this is no folder")
    for arguments, status, said in [
            ((PATH / "absent.mkv", "--to", "csv", "--output", "out"), 1, ["there is no file", "absent.mkv"]),
            ((PATH / "plain.mkv", "--to", "csv", "--output", "out"), 1, ["no masks", "--annotations"]),
            ((PATH / "a file", "--to", "csv", "--output", "out"), 1, ["no Matroska"]),
            ((FILE, "--to", "csv", "--output", PATH / "a file"), 1, ["is no folder"]),
            ((FILE, "--to", "yolo", "--output", "out"), 2, ["invalid choice: 'yolo'"]),
            ((FILE, "--to", "csv"), 2, ["--output"]),
            ((FILE, "--to", "csv", "--every", "0", "--output", "out"), 2, ["whole number from 1 on", "'0'"]),
            ((FILE, "--to", "coco", "--tolerance", "nan", "--output", "out"), 2, ["0 or more pixels, not nan"])]:
        check_failure(run(*arguments), status, *said)
        assert not (PATH / "out").exists(), arguments
    help_text = run("--help")
    assert help_text.returncode == 0 and all(to in help_text.stdout for to in FORMATS), help_text


def test_pictures_need_pillow_and_a_table_does_not():
    code = "import sys; sys.modules['PIL'] = None; from naclip._export import main; main()"
    program = (sys.executable, "-c", code)
    check_failure(run(FILE, "--to", "png", "--output", "out", program=program), 1, "python3-pil")
    assert run(FILE, "--to", "csv", "--output", "no-pillow", program=program).returncode == 0


def test_a_terminal_has_a_line_of_progress():
    try:
        leader, follower = os.openpty()
    except OSError as error:
        print(f"not looked at: there are no terminals here ({error})")
        return
    done = subprocess.run([PROGRAM, FILE, "--to", "csv", "--output", PATH / "shown"], stdout=subprocess.PIPE,
                          stderr=follower, timeout=300)
    os.close(follower)
    shown = os.read(leader, 10000).decode()
    os.close(leader)
    assert done.returncode == 0 and " of 0:00" in shown and "exported" in shown and "\n" not in shown, shown


need_codecs()
with FOLDER:
    make_recording(FILE)
    run_tests(globals())
