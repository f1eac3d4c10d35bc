"""naclip.recording(): what was recorded with annotations comes back as it was, also where something is missing."""

import gc
import pathlib
import subprocess
import sys
import tempfile
import warnings

from recorded import (COLOURS, HEIGHT, LABELS, MASK, STEP, WIDTH, Recorder, event_message, frame_message, labels,
                      make_recording, messages_of, naclip, need_codecs, picture, vocabulary_message)
from support import GstNaclip, error_of, numpy, run_tests

FOLDER = tempfile.TemporaryDirectory()
FRAMES = 12


def path_of(name):
    return pathlib.Path(FOLDER.name) / name


def recorded(name, **settings):
    """The frames of a new recording."""
    make_recording(path_of(name), **{"frames": FRAMES, **settings})
    return list(naclip.recording(path_of(name)))


def test_pictures_masks_and_messages_come_back_as_they_were():
    found = recorded("plain.mkv")
    assert len(found) == FRAMES
    for number, frame in enumerate(found):
        assert frame.pts == number * STEP * 10**6
        assert (frame.image == picture(number)).all() and frame.image.dtype == numpy.uint8
        assert (frame.mask == labels(number)).all() and frame.mask.dtype == numpy.uint8
        assert frame.messages == messages_of(number)
        assert frame.vocabulary == tuple(LABELS) and frame.time == messages_of(number)[-1]["time"]


def test_wide_masks_come_back():
    def messages(number):
        return [vocabulary_message(words=["background"] + [f"class {one}" for one in range(1, 400)],
                                   colours=["#000000"] * 400)]

    recorder = Recorder(path_of("wide.mkv"))
    mask = numpy.arange(30 * 13, dtype=numpy.uint16).reshape(30, 13)
    recorder.write(0, picture(0), mask, messages(0))
    recorder.finish()
    frame, = naclip.recording(path_of("wide.mkv"))
    assert frame.mask.dtype == numpy.uint16 and (frame.mask == mask).all()
    assert frame.regions["class 389"].share == 1 / 390 and frame.regions["class 399"].share == 0
    assert frame.segmentation.mask.dtype == numpy.uint16 and len(frame.coco()) == 389


def test_regions_are_those_of_the_messages_and_all_others():
    frame = recorded("regions.mkv")[3]
    said = {region["label"]: region for region in messages_of(3)[-1]["regions"]}
    assert list(frame.regions) == LABELS
    for number, label in enumerate(LABELS):
        region = frame.regions[label]
        assert (region.id, region.label, region.colour) == (number, label, int(COLOURS[number][1:], 16))
        if label in said:
            assert region.share == said[label]["share"] and region.confidence == 0.7
            assert region.box == tuple(said[label]["box"])
    for region in recorded("shares.mkv", messages=lambda number: [vocabulary_message(number)])[3].regions.values():
        ys, xs = numpy.nonzero(frame.labels() == region.id)
        box = (xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1)
        assert region.box == (box if region.id else None)
    background = frame.regions["background"]
    assert abs(background.share - (labels(3) == 0).mean()) < 1e-9
    assert background.confidence == 0 and background.box is None


def test_the_mask_is_also_a_segmentation():
    frame = recorded("segmentation.mkv")[0]
    assert isinstance(frame.segmentation, GstNaclip.Segmentation)
    assert (frame.segmentation.mask == labels(0)).all()
    areas = {entry["category_name"]: entry["area"] for entry in frame.coco()}
    assert areas == {label: (labels(0) == number).sum() for number, label in enumerate(LABELS) if number}


def test_labels_have_the_frames_size_within_what_the_mask_covers():
    frame = recorded("labels.mkv")[5]
    found = frame.labels()
    assert found.shape == (HEIGHT, WIDTH) and found.dtype == numpy.uint8
    for row in range(0, HEIGHT, 3):
        for column in range(0, WIDTH, 3):
            cell = int((row + 0.5) * MASK[0] / HEIGHT), int((column + 0.5) * MASK[1] / WIDTH)
            assert found[row, column] == labels(5)[cell]

    def cropped(number):
        return [frame_message(number, labels(number), rectangle=(10, -8, WIDTH, HEIGHT))]

    make_recording(path_of("whole.mkv"), frames=1, size=(HEIGHT, WIDTH), messages=lambda number: [
        frame_message(number, labels(number, (HEIGHT, WIDTH)), rectangle=(10, -8, WIDTH, HEIGHT))])
    frame = next(naclip.recording(path_of("whole.mkv")))
    assert (frame.labels() == labels(0, (HEIGHT, WIDTH))).all() and numpy.shares_memory(frame.labels(), frame.mask)
    found = recorded("cropped.mkv", messages=cropped)[5].labels()
    assert (found[:, :10] == 0).all() and (found[-8:] == 0).all()
    for row in range(0, HEIGHT - 8, 3):
        for column in range(10, WIDTH, 3):
            cell = int((row + 8.5) * MASK[0] / HEIGHT), int((column - 9.5) * MASK[1] / WIDTH)
            assert found[row, column] == labels(5)[cell]


def test_text_comes_back_whether_it_was_escaped_or_not():
    # matroskademux leaves text with <b> as it is, and all that follows; a file with one and one without differ.
    for label in ("a < b & c", "\\ \"quoted\" 'so' ü \u0085 🦒", "<b>bold</b>", "<b>&amp;</b>", "&quot;",
                  "&amp;lt; &#38;"):
        words = ["background", label, "grass", "water"]
        found = recorded("text.mkv", frames=2, messages=lambda number: [
            vocabulary_message(number, words), frame_message(number, labels(number), words)])
        for number, frame in enumerate(found):
            assert list(frame.regions) == words, (label, list(frame.regions))
            assert frame.messages[1]["regions"][0]["label"] == label


def test_a_new_vocabulary_is_that_of_its_frame():
    words = ["background", "road", "sky"]

    def messages(number):
        if number == 7:
            return [vocabulary_message(7, words, COLOURS[:3]), frame_message(7, labels(7), words)]
        return messages_of(number) if number < 7 else [frame_message(number, labels(number), words)]

    found = recorded("words.mkv", messages=messages)
    assert [frame.vocabulary[1] for frame in found] == ["sky"] * 7 + ["road"] * 5
    # The mask has a value more than there are words: a class without a name is no reason to stop.
    assert found[7].vocabulary == ("background", "road", "sky", "class 3") and found[7].regions["sky"].id == 2


def test_without_a_vocabulary_the_frames_own_messages_name_the_classes():
    frame = recorded("beheaded.mkv", messages=lambda number: [frame_message(number, labels(number))])[0]
    assert frame.vocabulary == tuple(LABELS) and frame.regions["sky"].colour > 0
    frame = recorded("silent.mkv", messages=lambda number: [event_message(number, "begin")])[0]
    assert frame.vocabulary == ("background", "class 1", "class 2", "class 3")
    assert abs(frame.regions["class 1"].share - (labels(0) == 1).mean()) < 1e-9


def test_tracks_are_matched_by_time():
    recorder = Recorder(path_of("gaps.mkv"))
    for number in range(10):
        has_mask = number not in (0, 1, 4, 7)
        recorder.write(number, None if number == 6 else picture(number), labels(number) if has_mask else None,
                       messages_of(number, labels(number)) + [event_message(number, "update")])
    recorder.finish()
    found = list(naclip.recording(path_of("gaps.mkv")))
    assert [frame.pts // 10**6 // STEP for frame in found] == [2, 3, 5, 8, 9]
    for frame in found:
        number = frame.pts // 10**6 // STEP
        assert (frame.mask == labels(number)).all() and (frame.image == picture(number)).all()
    # No message is lost: those of frames without picture or mask come with the next one.
    assert [message["pts"] // 10**6 // STEP for frame in found for message in frame.messages
            if message["type"] == "event"] == list(range(10))
    assert found[0].vocabulary == tuple(LABELS)


def test_frames_that_had_no_mask_yet_are_left_out():
    def messages(number):
        if number < 3:
            empty = frame_message(number, labels(number))
            return [{**{key: value for key, value in empty.items() if key != "mask"}, "regions": []}]
        return ([vocabulary_message(3)] if number == 3 else []) + [frame_message(number, labels(number))]

    found = recorded("late.mkv", messages=messages)
    assert [frame.pts // 10**6 // STEP for frame in found] == list(range(3, FRAMES))
    assert found[0].vocabulary == tuple(LABELS) and len(found[0].messages) == 5
    assert found[0].regions["sky"].share == messages(3)[1]["regions"][0]["share"]


def test_a_file_that_was_cut_off_is_read_as_far_as_it_goes():
    make_recording(path_of("whole.mkv"), frames=FRAMES)
    content = path_of("whole.mkv").read_bytes()
    counts = []
    for cut in range(1, 12):
        path_of("cut.mkv").write_bytes(content[:len(content) * cut // 12])
        frames = []
        error = error_of_reading("cut.mkv", frames)
        assert error is None or not frames, error
        counts.append(len(frames))
        for number, frame in enumerate(frames):
            assert (frame.mask == labels(number)).all() and (frame.image == picture(number)).all()
    assert counts == sorted(counts) and counts[-1] >= FRAMES - 2 and counts[5] >= FRAMES // 2 - 2, counts


def error_of_reading(name, frames):
    try:
        frames.extend(naclip.recording(path_of(name)))
    except naclip.NaclipError as error:
        return error
    return None


def check_error(said, function):
    error = error_of(function)
    assert isinstance(error, naclip.NaclipError), repr(error)
    for words in said:
        assert words.lower() in str(error).lower(), error


def test_what_is_no_recording_with_annotations_is_said():
    check_error(["there is no file", "absent.mkv"], lambda: naclip.recording(path_of("absent.mkv")))
    path_of("text.mkv").write_text("this is no video")
    check_error(["text.mkv", "no Matroska"], lambda: naclip.recording(path_of("text.mkv")))
    for tracks in (("picture",), ("picture", "mask"), ("picture", "text"), ("mask", "text")):
        make_recording(path_of("less.mkv"), tracks=tracks)
        check_error(["less.mkv: this recording has no masks", "--annotations", "record-annotated.launch"],
                    lambda: next(naclip.recording(path_of("less.mkv"))))
    make_recording(path_of("two.mkv"), tracks=("picture", "other", "text"))
    check_error(["two.mkv: this recording has no masks"], lambda: next(naclip.recording(path_of("two.mkv"))))


def test_what_is_no_message_is_warned_of():
    def messages(number):
        return messages_of(number) + ["no message", {"schema": "other/2", "type": "frame"}]

    with warnings.catch_warnings(record=True):
        found = recorded("strange.mkv", messages=messages)
    assert [frame.messages for frame in found] == [messages_of(number) for number in range(FRAMES)]
    make_recording(path_of("broken.mkv"))
    content = path_of("broken.mkv").read_bytes()
    path_of("broken.mkv").write_bytes(content.replace(b'"type":"frame"', b'"type":"frame]'))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = list(naclip.recording(path_of("broken.mkv")))
    assert len(found) == FRAMES and found[3].regions["sky"].share == (labels(3) == 1).mean()
    assert any("no message" in str(warning.message) for warning in caught if warning.category is RuntimeWarning)


def test_a_loop_may_be_left_and_arrays_stay():
    make_recording(path_of("left.mkv"), frames=60)
    for _ in range(10):
        for number, frame in enumerate(naclip.recording(path_of("left.mkv"))):
            if number == 3:
                break
        gc.collect()
        assert (frame.mask == labels(3)).all() and (frame.image == picture(3)).all()
    with naclip.recording(path_of("left.mkv")) as found:
        assert found.begin is None
        assert next(found).pts == 0 and found.begin == 0 and found.duration == 60 * STEP * 10**6
    assert next(found, None) is None
    assert isinstance(error_of(frame.mask.__setitem__, (0, 0), 1), ValueError)


def test_a_process_may_end_while_it_reads():
    make_recording(path_of("left.mkv"), frames=60)
    code = f"import naclip\nfound = naclip.recording({str(path_of('left.mkv'))!r})\nnext(found)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0 and not done.stderr, done


def test_a_track_far_behind_the_others_does_not_stop_it():
    # A muxer puts tracks together by time; one file that has all pictures first is read all the same.
    recorder = Recorder(path_of("behind.mkv"))
    for number in range(200):
        recorder.write(number, picture(number), labels(number) if number > 150 else None,
                       messages_of(number) if number > 150 else None)
    recorder.finish()
    assert len(list(naclip.recording(path_of("behind.mkv")))) == 49


need_codecs()
with FOLDER:
    run_tests(globals())
